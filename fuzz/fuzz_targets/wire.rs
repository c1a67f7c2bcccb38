//! Any bytes as a message: refused, or a message that encodes again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use render_net::wire::{Message, Request, Response};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::decode(bytes) {
        let again = request.encode().expect("what was decoded is within the limits");
        assert_eq!(Request::decode(&again), Ok(request));
    }
    if let Ok(response) = Response::decode(bytes) {
        let again = response.encode().expect("what was decoded is within the limits");
        assert_eq!(Response::decode(&again), Ok(response));
    }
});
