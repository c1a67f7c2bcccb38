//! Any bytes as a saved film: refused, or a film that saves again. The checksum is made here, because it keeps out accidents and not people.
#![no_main]

use frame::Film;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert!(Film::from_bytes(bytes).is_err(), "nobody finds a checksum by chance");
    let content = [b"tessera film 002".as_slice(), bytes].concat();
    let film = [content.as_slice(), blake3::hash(&content).as_bytes()].concat();
    if let Ok(film) = Film::from_bytes(&film) {
        let again = Film::from_bytes(&film.to_bytes()).expect("what was read can be saved");
        assert_eq!(again.progress(), film.progress());
    }
});
