//! The page's types are those of the commands.

use std::path::Path;

const HEADER: &str = "// Made from src-tauri's commands. TESSERA_BINDINGS=write cargo test --workspace --bin tessera-desktop writes it anew.\n";
/// Where the commands end in what is made.
const TYPES: &str = "/* Types */\n";

/// Files of shapes and the types at their top; each also holds what these are made of and no earlier file has. The last one has the rest.
const FILES: [(&str, &[&str]); 4] = [
    ("failure", &["Failure"]),
    ("earning", &["EarnState", "Earnings", "Benchmark", "RulesForm", "Adapters"]),
    ("updates", &["UpdateState"]),
    ("shapes", &[]),
];

/// The commands, and the types that they take and give, a file each.
///
/// Every field is there both ways: the desk sends all of them, and the page sends back what it got.
fn made() -> Vec<(String, String)> {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("bindings.ts");
    let language = specta_typescript::Typescript::default().header(HEADER);
    crate::commands::typed().export(language, &path).expect("every type has a TypeScript form");
    let made = std::fs::read_to_string(&path).expect("it was written").replace("?: ", ": ");
    let (commands, types) = made.split_once(TYPES).expect("the types come last");
    let shapes = in_files(types);
    let everything = FILES.map(|(file, _)| format!("export type * from \"./{file}\";\n")).concat();
    let head = format!("{}{everything}\n/** Commands */", imports(commands, "", &shapes));
    let commands = format!("{}\n", commands.replacen("/** Commands */", &head, 1).trim_end());
    let texts = FILES.iter().map(|(file, _)| {
        let text: String =
            shapes.iter().filter(|shape| shape.file == *file).map(|shape| shape.text.as_str()).collect();
        (format!("{file}.ts"), format!("{HEADER}\n{}{}\n", imports(&text, file, &shapes), text.trim_end()))
    });
    std::iter::once(("bindings.ts".to_owned(), commands)).chain(texts).collect()
}

/// A type, as it is written.
struct Shape {
    name: String,
    text: String,
    file: &'static str,
}

/// The types in their order, each with the file that it belongs to.
fn in_files(types: &str) -> Vec<Shape> {
    // A type's comment stands before it, after an empty line.
    let texts = types.trim().split("\n\n").map(|text| format!("{text}\n\n"));
    let mut shapes: Vec<Shape> = texts
        .map(|text| {
            let name = text.split("export type ").nth(1).and_then(|rest| rest.split(' ').next());
            Shape { name: name.expect("a type with its comment").to_owned(), text, file: "" }
        })
        .collect();
    for (file, tops) in FILES {
        let mut wanted: Vec<String> = tops.iter().map(ToString::to_string).collect();
        if tops.is_empty() {
            wanted.extend(shapes.iter().map(|shape| shape.name.clone()));
        }
        while let Some(name) = wanted.pop() {
            let Some(shape) = shapes.iter_mut().find(|shape| shape.name == name && shape.file.is_empty())
            else {
                continue;
            };
            shape.file = file;
            wanted.extend(words(&shape.text).map(str::to_owned));
        }
    }
    shapes
}

/// Lines that bring what `text`, which stands in `file`, uses of other files.
fn imports(text: &str, file: &str, shapes: &[Shape]) -> String {
    let lines = FILES.iter().filter(|(from, _)| *from != file).filter_map(|(from, _)| {
        let is_used = |shape: &&Shape| shape.file == *from && words(text).any(|word| word == shape.name);
        let names: Vec<&str> = shapes.iter().filter(is_used).map(|shape| shape.name.as_str()).collect();
        (!names.is_empty()).then(|| format!("import type {{ {} }} from \"./{from}\";\n", names.join(", ")))
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("{lines}\n") }
}

/// The words of a text, without those of comments.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("/**"));
    code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric()))
}

#[test]
fn the_pages_types_are_those_of_the_commands() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/desktop/src/lib");
    for (name, made) in made() {
        let kept = page.join(&name);
        if std::env::var_os("TESSERA_BINDINGS").is_some() {
            std::fs::write(&kept, &made).expect("the page's folder can be written");
        }
        let kept = std::fs::read_to_string(&kept).unwrap_or_default();
        assert!(kept == made, "{name} is old; its first line says how to write it anew");
    }
}
