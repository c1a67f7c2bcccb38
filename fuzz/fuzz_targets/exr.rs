//! Any bytes as somebody's picture (`exr info`, `diff`, `check`, `to-png`): refused with a sentence, or samples that fill their parts.
#![no_main]

use std::sync::Once;

use frame::compare::compare;
use frame::exr::{Layers, ReadLimits, check, read_bytes};
use libfuzzer_sys::fuzz_target;

static QUIET: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    // The codec panics on some numbers, and our reader catches that; only what escapes it counts, and that still ends
    // the run. The fuzzer's own hook would end it before anybody could catch.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let limits = ReadLimits { side_px_max: 4096, channels_max: 64, samples_bytes_max: 1 << 22, ..ReadLimits::default() };
    let Ok(file) = read_bytes(bytes, &limits) else { return };
    for part in &file.parts {
        let pixels = part.info.width as usize * part.info.height as usize;
        assert_eq!(part.info.channels.len(), part.samples.len());
        assert!(part.samples.iter().all(|samples| samples.len() == pixels));
    }
    let _ = (file.info().to_string(), check(&file, &Layers::default()).to_string(), file.receipts());
    if let Some(colours) = file.colours() {
        assert_eq!(colours.rgba.len(), colours.width as usize * colours.height as usize * 4);
        let compared = compare(&file, &file).expect("it has its own size and colours");
        assert_eq!(compared.first_difference, None);
    }
});
