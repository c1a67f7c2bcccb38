//! Any bytes as a receipt or a book of receipts: refused, or signed by whom it says. Books get a good signature here,
//! because no fuzzer would ever guess one.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use render_net::identity::{Domain, Identity};
use render_net::receipt::{SignedReceipt, SignedRuling, book::verify_book, verify_receipt};

static ARTIST: LazyLock<Identity> = LazyLock::new(Identity::generate);

fuzz_target!(|bytes: &[u8]| {
    assert!(verify_receipt(bytes).is_err(), "nobody signed it");
    if let Ok(receipt) = SignedReceipt::from_bytes(bytes) {
        assert!(receipt.verify().is_err(), "nobody signed it");
    }
    assert!(SignedRuling::open(bytes, ARTIST.id()).is_err(), "nobody signed it");
    let _ = verify_book(bytes);
    let signature = ARTIST.sign(Domain::Book, bytes);
    let book = [b"TRB1".as_slice(), &signature.0, bytes].concat();
    if let Ok(summary) = verify_book(&book) {
        assert_eq!(summary.artist, ARTIST.id());
    }
});
