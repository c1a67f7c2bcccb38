//! Any bytes as an environment picture: refused with a sentence, or usable pixels.
#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use render_core::import::{Limits, decode_environment};

static QUIET: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    // The OpenEXR codec panics on some numbers, and our reader catches that; only what escapes it counts, and that
    // still ends the run. The fuzzer's own hook would end it before anybody could catch.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let limits = Limits { texels: 1 << 16, ..Limits::default() };
    if let Ok(map) = decode_environment(bytes, "sky", &limits) {
        assert_eq!(map.pixels.len(), map.width as usize * map.height as usize);
        assert!(map.pixels.iter().all(|pixel| pixel.is_finite() && pixel.min_element() >= 0.0));
    }
});
