//! Colour configurations: the numbers of OpenColorIO's own library, and sentences for what is not as it should be.

use std::path::{Path, PathBuf};

use viewer::colour::ocio::Ocio;
use viewer::colour::space::Space;
use viewer::colour::{Choice, Generator};
use viewer::trouble::Trouble;

/// Made by `colour/golden.py`: of each view a few colours, and what the C++ library makes of them.
const GOLDEN: &str = include_str!("colour/golden.txt");

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/colour")
}

fn open(name: &str) -> Result<Ocio, Trouble> {
    let path = folder().join(name).display().to_string();
    Ocio::open(if name.contains("://") { name } else { &path })
}

fn choice(display: &str, view: &str) -> Choice {
    Choice { display: display.into(), view: view.into() }
}

fn space(name: &str) -> Space {
    Space { name: name.into() }
}

/// One sentence and one advice, both for people.
fn assert_is_told(trouble: &Trouble, about: &str) {
    let is_sentence = |text: &str| text.ends_with('.') && !text.contains('\n') && text.len() < 300;
    assert!(is_sentence(&trouble.what) && is_sentence(&trouble.advice), "{trouble:?}");
    assert!(trouble.what.contains(about), "{trouble:?} is about {about}");
}

#[test]
fn colours_are_those_of_the_cpp_library() {
    let (mut way, mut seen, mut views) = (None, String::new(), 0);
    for line in GOLDEN.lines() {
        if let Some(of) = line.strip_prefix("view\t") {
            let [name, from, display, view] = of.split('\t').collect::<Vec<_>>()[..] else { panic!("{of}") };
            let config = open(name).expect("it is read");
            way = Some(config.way(&space(from), &choice(display, view)).expect("it is made"));
            (seen, views) = (of.to_owned(), views + 1);
            continue;
        }
        let numbers: Vec<f32> = line.split(' ').map(|number| number.parse().expect("a number")).collect();
        let [r, g, b, ref expected @ ..] = numbers[..] else { panic!("{line}") };
        let code = (way.as_ref().expect("a view comes first").code)([r, g, b]);
        for (code, expected) in code.iter().zip(expected) {
            let apart = (code - expected).abs() / expected.abs().max(1.0);
            assert!(apart <= 2e-6, "{seen}: {line}, but {code}");
        }
    }
    assert_eq!(views, 13);
}

#[test]
fn a_space_that_only_the_interchange_role_leads_to_is_found_through_it() {
    let config = open("config.ocio").expect("it is read");
    let way = config.way(&space("lin_ap1_scene"), &choice("Screen", "Plain")).expect("it is made");
    // The C++ library's GetProcessorFromConfigs, from the configuration of ACES to this one.
    let expected = [0.864_955_4, 0.439_152_66, 0.308_468_97];
    let code = (way.code)([0.5, 0.2, 0.1]);
    assert!(code.iter().zip(expected).all(|(code, expected)| (code - expected).abs() < 1e-5), "{code:?}");
}

#[test]
fn displays_views_and_their_default_are_the_configurations_own() {
    let config = open("config.ocio").expect("it is read");
    let names = |at: usize| (config.displays()[at].name.as_str(), config.displays()[at].views.clone());
    assert_eq!(names(0), ("Projector", ["Film", "Plain", "Missing"].map(str::to_owned).into()));
    assert_eq!(names(1), ("Screen", ["Plain", "Stops"].map(str::to_owned).into()));
    assert_eq!(config.usual(), choice("Projector", "Film"));
    let brought = open("ocio://default").expect("it is brought");
    assert_eq!(brought.usual().view, "ACES 2.0 - SDR 100 nits (Rec.709)");
}

#[test]
fn what_is_not_as_it_should_be_is_told_in_a_sentence() {
    let refused = |name: &str| open(name).err().unwrap_or_else(|| panic!("{name} is refused"));
    assert_is_told(&refused("nowhere.ocio"), "colour/nowhere.ocio");
    assert_is_told(&refused("ocio://no-such"), "no-such");
    assert_is_told(&refused("film.cube"), "film.cube");
    assert_is_told(&refused("."), "colour");
    let config = open("config.ocio").expect("it is read");
    let no_way = |from: &str, display: &str, view: &str| {
        config.way(&space(from), &choice(display, view)).err().unwrap_or_else(|| panic!("{view} is refused"))
    };
    let missing = no_way("lin_rec709_scene", "Projector", "Missing");
    assert_is_told(&missing, "nowhere.cube");
    assert!(missing.advice.contains("Put that file"), "{missing:?}");
    assert_is_told(&no_way("lin_rec709_scene", "Television", "Film"), "Film");
    assert_is_told(&no_way("lin_rec709_scene", "Screen", "Film"), "Film");
    assert_is_told(&no_way("show_log", "Screen", "Plain"), "show_log");
}

/// Numbers that follow each other without a pattern, the same ones each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    /// Bytes cut short, or some of them changed.
    fn broken(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        if self.below(3) == 0 {
            bytes.truncate(self.below(good.len()));
            return bytes;
        }
        for _ in 0..1 + self.below(12) {
            let at = self.below(bytes.len());
            let others = b"-:[]{}!<>\"'*&|\n 0123456789.,\xff\0";
            bytes[at] = others[self.below(others.len())];
        }
        bytes
    }
}

/// Whatever comes out, nobody panics: a broken file, and another one beside it.
#[test]
fn broken_configurations_and_tables_are_refused_and_never_panic() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let names = ["config.ocio", "film.cube", "toe.spi1d"];
    let good = names.map(|name| std::fs::read(folder().join(name)).expect("it is there"));
    let mut dice = Dice(25);
    let (mut opened, mut refused) = (0, 0);
    for round in 0..240 {
        let broken = if round < 150 { 0 } else { 1 + round % 2 };
        // Another folder each time: tables are remembered by their path.
        let own = place.path().join(round.to_string());
        std::fs::create_dir(&own).expect("it can be made");
        for (at, name) in names.iter().enumerate() {
            let bytes = if at == broken { dice.broken(&good[at]) } else { good[at].clone() };
            std::fs::write(own.join(name), bytes).expect("it can be written");
        }
        let path = own.join(names[0]).display().to_string();
        match Ocio::open(&path) {
            Err(trouble) => {
                assert_is_told(&trouble, "config.ocio");
                refused += 1;
            }
            Ok(config) => {
                opened += 1;
                for display in config.displays() {
                    for to in display.choices() {
                        match config.way(&Space::default(), &to) {
                            Ok(way) => drop((way.code)([0.18, 1.0, -4.0])),
                            Err(trouble) => assert_is_told(&trouble, ""),
                        }
                    }
                }
            }
        }
    }
    assert!(opened > 50 && refused > 50, "{opened} {refused}");
}
