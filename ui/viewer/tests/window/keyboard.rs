//! Without a mouse, and for those who do not see the screen.

use eframe::egui::accesskit::{Action, Role};
use viewer::command::Command;
use viewer::keys::Preset;

use super::*;

/// Every control that can be pressed, chosen or written into has a name.
pub(crate) fn assert_all_controls_speak(place: &Place, least: usize) {
    let mut controls = 0;
    for node in place.harness.root().children_recursive() {
        let node = node.accesskit_node();
        let can = |action| node.data().supports_action(action);
        // Scroll bars are the toolkit's, and said by what they scroll.
        if node.role() == Role::ScrollBar || !(can(Action::Click) || can(Action::SetValue)) {
            continue;
        }
        controls += 1;
        // A value is what stands in a field, not what the field is for.
        let label = match node.role() {
            Role::TextInput | Role::SpinButton => node.label(),
            _ => node.label().or(node.value()),
        };
        assert!(!label.unwrap_or_default().trim().is_empty(), "a {:?} says nothing", node.role());
    }
    assert!(controls >= least, "{controls} controls were looked at");
}

#[test]
fn every_control_says_what_it_is() {
    for pictures in [0, 1, 2] {
        let mut place = window(pictures);
        let context = place.harness.ctx.clone();
        for open in [None, Some(Command::Palette), Some(Command::Keys), Some(Command::Attributes)] {
            if let Some(command) = open {
                place.key(Key::Escape);
                place.harness.state_mut().run(command, &context);
                place.harness.run_steps(3);
            }
            assert_all_controls_speak(&place, 8);
        }
        place.key(Key::Escape);
        place.harness.state_mut().run(Command::FilterLayers, &context);
        place.harness.run_steps(3);
        assert_all_controls_speak(&place, 8);
        place.harness.get_by(|node| node.label().is_some_and(|label| label.starts_with("View "))).click();
        place.harness.run_steps(3);
        assert!(place.harness.query_by_label("False colour").is_some(), "the list of views is open");
        assert_all_controls_speak(&place, 12);
    }
}

#[test]
fn arrows_move_the_picture_and_digits_zoom() {
    let mut place = window(1);
    let camera = |place: &Place| place.harness.state().desk.camera.expect("there is a picture");
    let before = camera(&place);
    place.key(Key::ArrowRight);
    let after = camera(&place);
    assert!(after.centre[0] > before.centre[0] && after.centre[1] == before.centre[1], "the right is seen");
    place.key(Key::ArrowUp);
    assert!(camera(&place).centre[1] < before.centre[1]);
    for (key, zoom) in [(Key::Num1, 1.0), (Key::Num3, 3.0), (Key::Num7, 7.0), (Key::Num8, 8.0)] {
        place.key(key);
        assert_eq!(camera(&place).zoom, zoom);
    }
    for (key, zoom) in [(Key::Num2, 0.5), (Key::Num5, 0.2), (Key::Num8, 0.125)] {
        place.harness.key_press_modifiers(Modifiers::COMMAND, key);
        place.harness.run_steps(3);
        assert_eq!(camera(&place).zoom, zoom);
    }
    place.key(Key::Z);
    assert!(camera(&place).zoom > 0.125);
    place.key(Key::F);
    assert!(camera(&place).is_fit);
}

#[test]
fn a_control_with_the_focus_keeps_the_arrows_and_the_picture_can_have_it() {
    let mut place = window(1);
    place.harness.get_by_label("Fit").focus();
    place.harness.run_steps(2);
    let before = place.harness.state().desk.camera;
    place.key(Key::ArrowLeft);
    assert_eq!(place.harness.state().desk.camera, before, "they go to the next control");
    place.harness.get_by(|node| node.label().is_some_and(|label| label.starts_with("Picture "))).focus();
    place.harness.run_steps(3);
    place.key(Key::ArrowLeft);
    place.key(Key::ArrowLeft);
    let after = place.harness.state().desk.camera;
    assert!(after != before && after.is_some_and(|camera| camera.centre[0] < WIDTH as f32 / 2.0));
}

#[test]
fn shift_shows_the_reference_while_it_is_held() {
    let mut place = window(2);
    place.harness.state_mut().desk.view.transform = Transform::Raw;
    place.harness.state_mut().desk.mode = Mode::First;
    let raw = View { transform: Transform::Raw, ..View::default() };
    let twice = light(GREY.0, GREY.1).map(|value| value * 2.0);
    assert!(near(place.seen_at(GREY.0, GREY.1), raw.shown(light(GREY.0, GREY.1))));
    let hold = |place: &mut Place, modifiers: Modifiers| {
        place.harness.event(Event::ModifiersChanged(modifiers));
        place.harness.run_steps(3);
    };
    hold(&mut place, Modifiers::SHIFT);
    assert!(near(place.seen_at(GREY.0, GREY.1), raw.shown(twice)));
    assert_eq!(place.harness.state().desk.mode, Mode::First, "nothing was chosen");
    hold(&mut place, Modifiers::NONE);
    assert!(near(place.seen_at(GREY.0, GREY.1), raw.shown(light(GREY.0, GREY.1))));
}

#[test]
fn parentheses_change_gamma_wherever_they_are_on_the_keyboard() {
    let mut place = window(1);
    for (text, gamma) in [(")", 1.1), (")", 1.2), ("(", 1.1), ("(", 1.0), ("(", 0.9)] {
        place.harness.event(Event::Text(text.into()));
        place.harness.run_steps(3);
        assert_eq!(place.harness.state().desk.view.gamma, gamma);
    }
}

#[test]
fn tevs_letters_do_in_its_preset_what_they_do_in_tev() {
    let mut place = window(2);
    place.harness.state_mut().desk.preset = Preset::Tev;
    let zoom = |place: &Place| place.harness.state().desk.camera.expect("there is a picture").zoom;
    let before = zoom(&place);
    place.key(Key::Plus);
    assert!(zoom(&place) > before);
    place.harness.key_press_modifiers(Modifiers::COMMAND, Key::Num0);
    place.harness.run_steps(3);
    assert_eq!(zoom(&place), 1.0);
    place.key(Key::Num2);
    assert_eq!(place.harness.state().desk.mode, Mode::Second);
    place.key(Key::D);
    assert_eq!(place.harness.state().desk.layer, 1, "the next group of channels");
    place.harness.key_press_modifiers(Modifiers::SHIFT, Key::D);
    place.harness.run_steps(3);
    assert_eq!(
        (place.harness.state().desk.layer, place.harness.state().desk.view.transform),
        (1, Transform::Neutral)
    );
    place.harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    place.harness.run_steps(3);
    assert_eq!(place.harness.state().desk.preset, Preset::Rv, "there is a way out of it");
}
