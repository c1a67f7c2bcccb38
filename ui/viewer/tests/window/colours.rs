//! Views of a colour configuration in the window: the menu, the screen, the inspector's number, and what is told of broken ones.

use viewer::colour::scheme::Made;
use viewer::command::Command;

use super::troubles::assert_is_told;
use super::*;

const PIXELS: [(usize, usize); 5] = [(8, 24), (40, 3), (50, 20), (63, 47), (33, 0)];

fn config(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/colour").join(name).display().to_string()
}

fn configured(source: &str) -> Place {
    let mut place = window(1);
    let context = place.harness.ctx.clone();
    place.harness.state_mut().configure(source, &context);
    place.until("its view is there", |window| window.desk.way().is_some());
    place
}

fn view_of(window: &Window) -> Option<String> {
    window.desk.way().map(|made: &Made| format!("{} on {}", made.to.view, made.to.display))
}

impl Place {
    fn choose(&mut self, at: u16) {
        let context = self.harness.ctx.clone();
        self.harness.state_mut().run(Command::Configured(at), &context);
        let chosen = self.harness.state().desk.scheme.chosen.clone().expect("there are so many");
        self.until("it is made", |window| window.desk.way().is_some_and(|made| made.to == chosen));
    }

    /// The screen shows what the configuration's arithmetic says, and so does the inspector.
    fn assert_is_computed(&mut self, what: &str) {
        for (seen, (x, y)) in self.seen(&PIXELS).into_iter().zip(PIXELS) {
            let expected = self.harness.state().desk.screen(light(x, y));
            assert!(near(seen, expected), "{what} at {x},{y}: {seen:?}, computed {expected:?}");
        }
    }
}

#[test]
fn every_configured_view_on_the_screen_is_the_one_that_is_computed() {
    let mut place = configured(&config("config.ocio"));
    for at in [0, 1, 3, 4] {
        place.choose(at);
        for (ev, offset, gamma) in [(0.0, 0.0, 1.0), (-3.0, 0.1, 1.0), (2.0, -0.05, 1.8)] {
            place.harness.state_mut().desk.view = View { ev, offset, gamma, ..View::default() };
            place.assert_is_computed(&format!("view {at} at {ev}"));
        }
        for channel in [Channel::Red, Channel::Alpha, Channel::Luminance] {
            place.harness.state_mut().desk.view = View { channel, ..View::default() };
            place.assert_is_computed(&format!("view {at}, {channel:?}"));
        }
    }
}

#[test]
fn aces_2_on_the_screen_is_the_one_that_is_computed() {
    let mut place = configured("ocio://default");
    assert!(view_of(place.harness.state()).is_some_and(|view| view.starts_with("ACES 2.0 - SDR 100 nits")));
    for ev in [-4.0, 0.0, 5.0] {
        place.harness.state_mut().desk.view.ev = ev;
        place.assert_is_computed(&format!("at {ev}"));
    }
    let expected = place.harness.state().desk.screen(light(GREY.0, GREY.1));
    assert_ne!(expected, View { ev: 5.0, ..View::default() }.shown(light(GREY.0, GREY.1)), "it is no AgX");
    place.harness.hover_at(place.on_screen(GREY.0, GREY.1));
    place.harness.run_steps(2);
    let told = viewer::pixel::display(expected);
    assert!(place.harness.query_by_label(&told).is_some(), "the inspector says {told}");
}

#[test]
fn a_picture_that_says_its_primaries_is_shown_from_their_space() {
    let mut place = configured("ocio://default");
    let before = place.harness.state().desk.screen([0.5, 0.1, 0.1, 1.0]);
    let path = place.folder.path().join("acescg.exr");
    let channels = ["R", "G", "B"].map(|name| AnyChannel::new(name, FlatSamples::F32(vec![0.5; 64 * 48])));
    let channels = AnyChannels::sort(channels.into_iter().collect());
    let layer = Layer::new((64, 48), LayerAttributes::default(), Encoding::SMALL_LOSSLESS, channels);
    let mut image = Image::from_layer(layer);
    image.attributes.chromaticities = Some(exr::meta::attribute::Chromaticities {
        red: exr::math::Vec2(0.713, 0.293),
        green: exr::math::Vec2(0.165, 0.830),
        blue: exr::math::Vec2(0.128, 0.044),
        white: exr::math::Vec2(0.32168, 0.33767),
    });
    image.write().to_file(&path).expect("it can be written");
    place.read(Side::First, path);
    let is_from = |window: &Window| window.desk.way().is_some_and(|made| made.from.name == "lin_ap1_scene");
    place.until("it is shown from its space", is_from);
    assert_ne!(
        place.harness.state().desk.screen([0.5, 0.1, 0.1, 1.0]),
        before,
        "ACEScg's red is another one"
    );
}

#[test]
fn the_menu_offers_built_in_views_those_of_the_display_and_other_displays() {
    let mut place = configured(&config("config.ocio"));
    assert_eq!(
        view_of(place.harness.state()).as_deref(),
        Some("Film on Projector"),
        "the configuration's own"
    );
    let open = |place: &mut Place, name: &str| {
        place.harness.get_by_label(name).click();
        place.harness.run_steps(4);
    };
    open(&mut place, "View Film");
    for words in ["Built in", "PBR Neutral", "On Projector", "Plain", "Other displays", "Screen"] {
        assert!(place.harness.query_by_label(words).is_some(), "{words:?} is in the menu");
    }
    place.harness.get_by_label("Plain").click();
    place.until("it is made", |window| view_of(window).as_deref() == Some("Plain on Projector"));
    open(&mut place, "View Plain");
    place.harness.get_by_label("Screen").click();
    place.until("the other display", |window| view_of(window).as_deref() == Some("Plain on Screen"));
    open(&mut place, "View Plain");
    place.harness.get_by_label("PBR Neutral").click();
    place.harness.run_steps(4);
    assert_eq!(view_of(place.harness.state()), None);
    let expected = View { transform: Transform::Neutral, ..View::default() }.shown(light(40, 3));
    assert!(near(place.seen_at(40, 3), expected));
}

#[test]
fn keys_and_the_palette_reach_configured_views_too() {
    let mut place = configured(&config("config.ocio"));
    place.key(Key::T);
    place.until("the next view", |window| view_of(window).as_deref() == Some("Plain on Projector"));
    for _ in 0..2 {
        place.harness.key_press_modifiers(Modifiers::SHIFT, Key::T);
        place.harness.run_steps(3);
    }
    let desk = &place.harness.state().desk;
    assert_eq!((view_of(place.harness.state()), desk.view.transform), (None, Transform::FalseColour));
    place.harness.key_press_modifiers(Modifiers::COMMAND, Key::P);
    place.harness.run_steps(3);
    place.harness.event(Event::Text("stops screen".into()));
    place.harness.run_steps(2);
    place.key(Key::Enter);
    place.until("it is found", |window| view_of(window).as_deref() == Some("Stops on Screen"));
    place.key(Key::CloseBracket);
    assert_eq!(view_of(place.harness.state()), None, "depth is no light");
    assert_eq!(place.seen_at(8, 24), [255; 3]);
}

#[test]
fn a_configuration_that_is_not_used_is_told_and_the_picture_is_shown() {
    for (source, about) in [(config("nowhere.ocio"), "nowhere.ocio"), (config("film.cube"), "film.cube")] {
        let mut place = window(0);
        let context = place.harness.ctx.clone();
        place.harness.state_mut().configure(&source, &context);
        place.until("it is told", |window| window.desk.trouble.is_some());
        let picture = file(place.folder.path(), "a.exr", 1.0);
        place.read(Side::First, picture);
        place.until("the picture is there", |window| window.desk.first.is_some());
        let trouble = place.harness.state().desk.trouble.clone().expect("a good picture takes it not back");
        assert_is_told(&trouble, about);
        assert!(place.harness.query_by_label(&trouble.what).is_some());
        assert!(near(place.seen_at(40, 3), View::default().shown(light(40, 3))));
    }
}

#[test]
fn a_view_whose_table_is_missing_is_told_and_a_built_in_one_is_seen() {
    let mut place = configured(&config("config.ocio"));
    let context = place.harness.ctx.clone();
    place.harness.state_mut().run(Command::Configured(2), &context);
    place.until("it is told", |window| window.desk.trouble.is_some());
    let desk = &place.harness.state().desk;
    assert_is_told(desk.trouble.as_ref().expect("it was waited for"), "nowhere.cube");
    assert_eq!((desk.scheme.chosen.as_ref(), view_of(place.harness.state())), (None, None));
    assert!(near(place.seen_at(40, 3), View::default().shown(light(40, 3))));
    place.choose(1);
    place.assert_is_computed("another view is fine");
}

#[test]
fn the_view_of_a_configuration_is_the_same_after_the_viewer_was_killed() {
    let settings = tempfile::tempdir().expect("a temporary folder");
    let path = settings.path().join("viewer.json");
    let mut place = window(1);
    let context = place.harness.ctx.clone();
    place.harness.state_mut().keep(path.clone());
    place.harness.state_mut().configure(&config("config.ocio"), &context);
    place.until("its view is there", |window| window.desk.way().is_some());
    place.choose(3);
    let is_kept = || std::fs::read_to_string(&path).is_ok_and(|text| text.contains("\"Screen\""));
    place.until("it is written", |_| is_kept());
    let mut again = window(1);
    let context = again.harness.ctx.clone();
    again.harness.state_mut().keep(path);
    again.harness.state_mut().configure(&config("config.ocio"), &context);
    again.until("its view is there", |window| window.desk.way().is_some());
    assert_eq!(view_of(again.harness.state()).as_deref(), Some("Plain on Screen"));
}
