//! Words that may not stand in tracked text, and names that may stand in one place only.

use super::Finding;

/// One crate's name and the only places, as path beginnings, whose code may speak it.
struct OnlyNamedIn {
    word: &'static str,
    places: &'static [&'static str],
}

/// The invariants of `ARCHITECTURE.md`, as absences. Tests and tools may use what they test.
const ONLY_NAMED_IN: &[OnlyNamedIn] = &[
    OnlyNamedIn { word: "wgpu::", places: &["render-core/src/gpu", "ui/viewer/src/canvas"] },
    OnlyNamedIn { word: "quinn::", places: &["render-net/src/link"] },
    OnlyNamedIn { word: "mdns_sd::", places: &["render-net/src/nearby/mdns"] },
    OnlyNamedIn { word: "aes_gcm::", places: &["render-net/src/seal"] },
    OnlyNamedIn { word: "hpke::", places: &["render-net/src/seal"] },
    OnlyNamedIn { word: "rusqlite::", places: &["render-net/src/store/sqlite"] },
    OnlyNamedIn { word: "tokio_postgres::", places: &["render-net/src/store/postgres"] },
];

/// Rules of the market are handed time, randomness and bytes; they reach for none themselves.
const PURE: &[&str] = &["market", "lease", "agent", "campaign", "ledger"];
const OUTSIDE_WORLD: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "tokio::",
    "getrandom::",
];

const PRODUCT: &[&str] =
    &["frame/src/", "render-core/src/", "render-net/src/", "app/src/", "cli/src/", "ui/viewer/src/"];

/// Where the rules themselves are written down.
const RULES: &[&str] = &["xtask/src/tidy", "CONVENTIONS.md"];

/// Finds banned words, this machine's paths, and names out of place.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    if RULES.iter().any(|rule| path.starts_with(rule)) {
        return Vec::new();
    }
    let banned = banned_words();
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        for (word, instead) in &banned {
            if lower.contains(word) {
                findings.push(Finding::broken(path, index + 1, format!("\"{word}\": {instead}")));
            }
        }
        if let Some(folder) = machine_path(line) {
            findings.push(Finding::broken(
                path,
                index + 1,
                format!("a path of somebody's machine (/{folder}/…)"),
            ));
        }
        findings.extend(impure(path, line).map(|said| Finding::broken(path, index + 1, said)));
        findings.extend(out_of_place(path, line).map(|said| Finding::broken(path, index + 1, said)));
    }
    findings
}

/// Put together from halves, so that a plain search for them in the tree finds only real ones.
fn banned_words() -> Vec<(String, &'static str)> {
    vec![
        (["keep in", "sync"].join(" "), "a comment is not a check: write the test"),
        (["to", "do!("].concat(), "finish it or leave it out"),
        (["unimple", "mented!("].concat(), "finish it or leave it out"),
        (["fix", "me"].concat(), "mend it or open an issue"),
        (["not yet imple", "mented"].concat(), "leave it out, or say what the product does instead"),
        (["not imple", "mented yet"].concat(), "leave it out, or say what the product does instead"),
    ]
}

/// The first folder of an absolute path that only one machine has.
fn machine_path(line: &str) -> Option<&'static str> {
    ["work", "farm", "home", "Users", "root"].into_iter().find(|folder| {
        let needle = format!("/{folder}/");
        line.match_indices(&needle).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + needle.len()..].chars().next();
            // Inside a longer relative path or an address it is an ordinary folder's name.
            !before.is_some_and(|sign| sign.is_alphanumeric() || "_.-$}*".contains(sign))
                && after.is_some_and(|sign| sign.is_alphanumeric() || sign == '.')
        })
    })
}

fn out_of_place(path: &str, line: &str) -> impl Iterator<Item = String> {
    let product = path.ends_with(".rs") && PRODUCT.iter().any(|folder| path.starts_with(folder));
    let code = line.split("//").next().unwrap_or(line).to_owned();
    let path = path.to_owned();
    ONLY_NAMED_IN
        .iter()
        .filter(move |rule| {
            product && speaks(&code, rule.word) && !rule.places.iter().any(|place| path.starts_with(place))
        })
        .map(|rule| format!("only {} may name {}", rule.places.join(", "), rule.word.trim_end_matches(':')))
}

/// What a line of pure logic reaches for that it should be handed.
fn impure(path: &str, line: &str) -> Option<String> {
    let module = path.strip_prefix("render-net/src/")?.split(['/', '.']).next()?;
    let code = line.split("//").next().unwrap_or(line);
    let word = OUTSIDE_WORLD.iter().find(|word| PURE.contains(&module) && speaks(code, word))?;
    Some(format!("{module} is pure logic and is handed what {} would fetch", word.trim_end_matches(':')))
}

/// Whether `code` holds the path `word` and not merely a longer name that ends like it.
fn speaks(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(|sign| sign.is_alphanumeric() || sign == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::{banned_words, check};

    #[test]
    fn every_banned_word_is_found_in_code_and_in_prose() {
        for (word, _) in banned_words() {
            assert_eq!(check("frame/src/a.rs", &format!("fine\n  {word} x")).len(), 1, "{word}");
            assert_eq!(check("docs/a.md", &word.to_uppercase()).len(), 1, "{word}");
        }
    }

    #[test]
    fn machine_paths_are_found_and_ordinary_folders_are_not() {
        for bad in ["see /home/ann/x", "\"/root/.cargo\"", "(/Users/ann)/../Users/b /Users/c"] {
            assert_eq!(check("docs/a.md", bad).len(), 1, "{bad}");
        }
        for good in ["src/home/page.rs", "https://a.b/home/x", "at /home/ in general", "$HOME/work/x"] {
            assert!(check("docs/a.md", good).is_empty(), "{good}");
        }
    }

    #[test]
    fn gpu_names_stay_in_the_gpu_module() {
        assert_eq!(check("render-core/src/bvh.rs", "use wgpu::Device;").len(), 1);
        assert!(check("render-core/src/gpu/device.rs", "use wgpu::Device;").is_empty());
        assert!(check("render-core/src/bvh.rs", "// what wgpu::Device does").is_empty());
        assert!(check("render-core/src/bvh.rs", "use my_wgpu::Device;").is_empty());
        assert!(check("render-core/tests/gpu.rs", "use wgpu::Device;").is_empty());
    }

    #[test]
    fn pure_logic_fetches_nothing_itself() {
        assert_eq!(check("render-net/src/market/claim.rs", "let now = Instant::now();").len(), 1);
        assert_eq!(check("render-net/src/ledger.rs", "use std::fs;").len(), 1);
        assert!(check("render-net/src/market/claim.rs", "// as Instant::now would").is_empty());
        assert!(check("render-net/src/coordinator.rs", "let now = Instant::now();").is_empty());
        assert!(check("render-net/src/marketplace.rs", "use std::fs;").is_empty());
    }

    #[test]
    fn transport_ciphers_and_database_stay_in_theirs() {
        assert_eq!(check("render-net/src/node.rs", "quinn::Connection").len(), 1);
        assert_eq!(check("render-net/src/node.rs", "hpke::seal(x)").len(), 1);
        assert_eq!(check("app/src/nearby.rs", "mdns_sd::ServiceDaemon").len(), 1);
        assert_eq!(check("app/src/lib.rs", "rusqlite::open()").len(), 1);
        assert!(check("render-net/src/store/sqlite/lease.rs", "rusqlite::open()").is_empty());
        assert_eq!(check("render-net/src/market.rs", "tokio_postgres::connect()").len(), 1);
        assert!(check("render-net/src/store/postgres/session.rs", "tokio_postgres::connect()").is_empty());
    }
}
