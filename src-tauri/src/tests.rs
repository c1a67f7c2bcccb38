//! The page's types are those of the commands.

use std::path::Path;

const HEADER: &str = "// Made from src-tauri's commands. TESSERA_BINDINGS=write cargo test --workspace --bin tessera-desktop writes it anew.\n";
/// Where the commands end in what is made.
const TYPES: &str = "/* Types */\n";

/// The commands and the types that they take and give, a file each.
///
/// Every field is there both ways: the desk sends all of them, and the page sends back what it got.
fn made() -> [(&'static str, String); 2] {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("bindings.ts");
    let language = specta_typescript::Typescript::default().header(HEADER);
    crate::commands::typed().export(language, &path).expect("every type has a TypeScript form");
    let made = std::fs::read_to_string(&path).expect("it was written").replace("?: ", ": ");
    let (commands, types) = made.split_once(TYPES).expect("the types come last");
    let names = types.split("export type ").skip(1).filter_map(|rest| rest.split(' ').next());
    let is_used = |name: &&str| commands.split(|c: char| !c.is_alphanumeric()).any(|word| word == *name);
    let used = names.filter(is_used).collect::<Vec<_>>().join(", ");
    let head = format!(
        "import type {{ {used} }} from \"./shapes\";\nexport type * from \"./shapes\";\n\n/** Commands */"
    );
    let commands = format!("{}\n", commands.replacen("/** Commands */", &head, 1).trim_end());
    [("bindings.ts", commands), ("shapes.ts", format!("{HEADER}\n{types}"))]
}

#[test]
fn the_pages_types_are_those_of_the_commands() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/desktop/src/lib");
    for (name, made) in made() {
        let kept = page.join(name);
        if std::env::var_os("TESSERA_BINDINGS").is_some() {
            std::fs::write(&kept, &made).expect("the page's folder can be written");
        }
        let kept = std::fs::read_to_string(&kept).unwrap_or_default();
        assert!(kept == made, "{name} is old; its first line says how to write it anew");
    }
}
