//! Any text as a view-only link: refused in a sentence without a key in it, or a link that reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use render_net::identity::ViewLink;

fuzz_target!(|text: &str| {
    match text.parse::<ViewLink>() {
        Ok(link) => {
            assert!(ViewLink::is_meant(text));
            let again = link.to_text();
            let back = again.parse::<ViewLink>().ok().expect("what was written is read");
            assert_eq!(back.to_text(), again);
        }
        Err(fault) => assert!(fault.to_string().len() < 200),
    }
});
