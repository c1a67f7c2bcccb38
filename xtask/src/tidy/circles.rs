//! Files of a crate use each other in one direction, so that a reader can begin below and never has to turn back.
//!
//! A file and those in its folder are one room: a face may use its parts, and they its words. What a face only hands on counts as the
//! part's that defines it. Read are paths that begin with `crate`, `super` or `self`, and every `use`; the inside of macros and of
//! tests is not.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use super::{Finding, ListedFile};

/// A module by the names that lead to it from its crate's root.
type Module = Vec<String>;

/// Re-exports that are followed to where something is defined.
const HANDED_ON_MAX: usize = 8;

/// Finds circles among the Rust files of each crate.
pub(super) fn check(files: &[ListedFile]) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, BTreeMap<Module, Reading>> = BTreeMap::new();
    for file in files {
        let Some((root, module)) = place(&file.path) else { continue };
        // What does not parse is the compiler's to tell.
        let Some(tree) = file.text.as_deref().and_then(|text| syn::parse_file(text).ok()) else { continue };
        let mut reading = Reading { module: module.clone(), ..Reading::default() };
        reading.visit_file(&tree);
        crates.entry(root).or_default().insert(module, reading);
    }
    crates.into_iter().flat_map(|(root, modules)| circles(root, &Crate(modules))).collect()
}

/// The `src` folder and the module of a file that is no test.
fn place(path: &str) -> Option<(&str, Module)> {
    let at = path.find("src/")? + "src".len();
    let (root, file) = path.split_at(at);
    let names: Vec<&str> = file.trim_start_matches('/').strip_suffix(".rs")?.split('/').collect();
    let is_own = !names.iter().any(|name| ["tests", "bin", "benches"].contains(name));
    let is_root = matches!(names[..], ["lib" | "main"]);
    let module = if is_root { Vec::new() } else { names.into_iter().map(str::to_owned).collect() };
    is_own.then_some((root, module))
}

/// What one file names.
#[derive(Default)]
struct Reading {
    module: Module,
    /// Absolute paths.
    named: BTreeSet<Vec<String>>,
    /// Names that a `use` brought here, and what they stand for.
    brought: BTreeMap<String, Vec<String>>,
}

impl Reading {
    /// A path as it is written here, from the crate's root; nothing for other crates' things.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut from = self.module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => return Some(path[1..].to_vec()),
            "self" => rest = &path[1..],
            "super" => {
                while let [first, others @ ..] = rest
                    && first == "super"
                {
                    from.pop()?;
                    rest = others;
                }
            }
            _ => return None,
        }
        from.extend_from_slice(rest);
        Some(from)
    }

    fn brings(&mut self, tree: &syn::UseTree, mut path: Vec<String>) {
        match tree {
            syn::UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.brings(&step.tree, path);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.brings(item, path.clone()));
            }
            syn::UseTree::Name(name) => self.bring(path, &name.ident.to_string(), None),
            syn::UseTree::Rename(name) => {
                self.bring(path, &name.ident.to_string(), Some(name.rename.to_string()));
            }
            syn::UseTree::Glob(_) => drop(self.absolute(&path).map(|path| self.named.insert(path))),
        }
    }

    fn bring(&mut self, mut path: Vec<String>, name: &str, renamed: Option<String>) {
        let known = renamed.unwrap_or_else(|| name.to_owned());
        if name != "self" {
            path.push(name.to_owned());
        }
        // `use part::Thing` in a face names its own part.
        let of_part = || [&self.module[..], &path[..]].concat();
        let path = self.absolute(&path).unwrap_or_else(of_part);
        self.named.insert(path.clone());
        self.brought.insert(known, path);
    }
}

impl<'ast> Visit<'ast> for Reading {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_of_tests(&item.attrs) {
            self.brings(&item.tree, Vec::new());
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_of_tests(&item.attrs) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_of_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.named.extend(self.absolute(&names));
        visit::visit_path(self, path);
    }
}

fn is_of_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// The modules of one crate that have files.
struct Crate(BTreeMap<Module, Reading>);

impl Crate {
    /// The file that defines what a path names.
    fn definer(&self, path: &[String], depth: usize) -> Option<&Module> {
        let mut of_file = (0..=path.len()).rev().filter_map(|end| self.0.get_key_value(&path[..end]));
        let (module, reading) = of_file.next()?;
        let rest = &path[module.len()..];
        match rest.first().and_then(|name| reading.brought.get(name)) {
            Some(brought) if depth < HANDED_ON_MAX => {
                self.definer(&[brought, &rest[1..]].concat(), depth + 1)
            }
            _ => Some(module),
        }
    }

    /// Files that a file uses, but for its own room.
    fn used_by(&self, module: &Module) -> BTreeSet<&Module> {
        let named = self.0.get(module).into_iter().flat_map(|reading| &reading.named);
        let used = named.filter_map(|path| self.definer(path, 0));
        used.filter(|used| !used.starts_with(module) && !module.starts_with(used)).collect()
    }
}

/// Walks along what files use, and tells each way that leads back to where it has been.
fn circles(root: &str, modules: &Crate) -> Vec<Finding> {
    let (mut done, mut findings) = (BTreeSet::new(), Vec::new());
    for start in modules.0.keys() {
        let mut way = Vec::new();
        follow(modules, start, &mut way, &mut done, &mut |circle: &[&Module]| {
            let names: Vec<String> = circle.iter().map(|module| module.join("/")).collect();
            let said = format!("files use each other in a circle: {} → {}", names.join(" → "), names[0]);
            findings.push(Finding::broken(&format!("{root}/{}.rs", names[0]), 0, said));
        });
    }
    findings
}

fn follow<'a>(
    modules: &'a Crate,
    at: &'a Module,
    way: &mut Vec<&'a Module>,
    done: &mut BTreeSet<&'a Module>,
    tell: &mut dyn FnMut(&[&'a Module]),
) {
    if let Some(before) = way.iter().position(|been| *been == at) {
        tell(&way[before..]);
    } else if done.insert(at) {
        way.push(at);
        modules.used_by(at).into_iter().for_each(|used| follow(modules, used, way, done, tell));
        way.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let listed = |(path, text): &(&str, &str)| ListedFile {
            path: (*path).to_owned(),
            bytes: 0,
            text: Some((*text).to_owned()),
        };
        let files: Vec<ListedFile> = files.iter().map(listed).collect();
        check(&files).into_iter().map(|finding| finding.said).collect()
    }

    #[test]
    fn two_files_that_use_each_other_are_told_and_one_way_is_not() {
        let one_way = [("x/src/a.rs", "use crate::b::B;"), ("x/src/b.rs", "pub struct B;")];
        assert!(told(&one_way).is_empty());
        let both = [("x/src/a.rs", "use crate::b::B;"), ("x/src/b.rs", "fn f(a: super::a::A) {}")];
        assert_eq!(told(&both), ["files use each other in a circle: a → b → a"]);
        let other_crate = [("x/src/a.rs", "use crate::b::B;"), ("y/src/b.rs", "use crate::a::A;")];
        assert!(told(&other_crate).is_empty());
    }

    #[test]
    fn a_face_and_its_parts_are_one_room() {
        let room = [
            ("x/src/a.rs", "mod part; use part::P; pub struct A;"),
            ("x/src/a/part.rs", "use super::A; pub struct P;"),
        ];
        assert!(told(&room).is_empty());
    }

    #[test]
    fn what_a_face_hands_on_is_its_parts() {
        let round = [
            ("x/src/a.rs", "mod part; pub use part::P as Handed;"),
            ("x/src/a/part.rs", "use crate::b::B; pub struct P;"),
            ("x/src/b.rs", "use crate::a::Handed; pub struct B;"),
        ];
        assert_eq!(told(&round), ["files use each other in a circle: a/part → b → a/part"]);
    }

    #[test]
    fn tests_may_use_everything() {
        let both = [
            ("x/src/a.rs", "use crate::b::B;"),
            ("x/src/b.rs", "#[cfg(test)] mod tests { use crate::a::A; }"),
            ("x/src/b/tests.rs", "use crate::a::A;"),
        ];
        assert!(told(&both).is_empty());
    }
}
