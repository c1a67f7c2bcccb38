//! Any bytes as a scene: refused with a sentence, or a scene that holds together at any instant and can be packed, or is refused with a sentence then.
#![no_main]

use libfuzzer_sys::fuzz_target;
use render_core::import::{Document, ImportOptions, Limits};

fuzz_target!(|bytes: &[u8]| {
    // Small budgets, so that time goes into paths and not into filling memory.
    let limits = Limits {
        numbers: 1 << 16,
        unpacked_bytes: 1 << 18,
        triangles: 1 << 14,
        instances: 1 << 10,
        lights: 1 << 14,
        texels: 1 << 16,
        ..Limits::default()
    };
    let options = ImportOptions { limits, shutter: 0.5, ..ImportOptions::default() };
    match Document::open_bytes(bytes, &options) {
        Ok(document) => {
            for warning in document.warnings() {
                assert!(!warning.to_string().contains('\u{1b}'));
            }
            for seconds in [0.3, -1.0, 1e30] {
                if let Ok(scene) = document.scene_at(seconds, 0.1) {
                    scene.check().expect("the importer checks what it hands out");
                    if let Err(fault) = render_core::pack(&scene) {
                        assert!(!fault.to_string().is_empty() && !fault.help().is_empty());
                    }
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.help().is_empty()),
    }
});
