//! The page's types are those of the commands.

use std::path::Path;

#[test]
fn the_pages_types_are_those_of_the_commands() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/desktop/src/lib/bindings.ts");
    let place = tempfile::tempdir().expect("a temporary folder");
    let made = place.path().join("bindings.ts");
    let language = specta_typescript::Typescript::default()
        .header("// Made from src-tauri's commands. TESSERA_BINDINGS=write cargo test -p tessera-desktop writes it anew.\n");
    crate::commands::typed().export(language, &made).expect("every type has a TypeScript form");
    let made = std::fs::read_to_string(&made).expect("it was written");
    if std::env::var_os("TESSERA_BINDINGS").is_some() {
        std::fs::write(&kept, &made).expect("the page's folder can be written");
    }
    let kept = std::fs::read_to_string(&kept).unwrap_or_default();
    assert!(kept == made, "bindings.ts is old: TESSERA_BINDINGS=write cargo test -p tessera-desktop");
}
