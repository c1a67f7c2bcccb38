//! What lies on the desk: up to two pictures, how they are looked at, and what each command changes. No window in here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use frame::FrameSize;
use frame::tev::Packet;
use serde::{Deserialize, Serialize};

use crate::camera::Camera;
use crate::command::Command;
use crate::compare::{self, Mode, Wipe};
use crate::drops;
use crate::keys::Preset;
use crate::levels::Source;
use crate::live::{Change, Delivered, Delivery, Growth};
use crate::picture::Picture;
use crate::shown::{Shown, Side};
use crate::trouble::Trouble;
use crate::view::{Channel, Transform, View};
use crate::words::{fill, say};

/// What one step nearer makes of a pixel's edge.
const ZOOM_STEP: f32 = std::f32::consts::SQRT_2;
/// Share of the window by which one step to a side moves.
const LOOK_SHARE: f32 = 0.1;

/// Everything that a person has set up.
#[derive(Default)]
pub struct Desk {
    /// The picture, A.
    pub first: Option<Opened>,
    /// The one beside it, B.
    pub second: Option<Opened>,
    /// What is known of the first picture while it grows.
    pub growth: Option<Growth>,
    /// Layer of the first picture.
    pub layer: usize,
    /// How light is shown.
    pub view: View,
    /// Which picture is seen where.
    pub mode: Mode,
    /// Whether the pointer turns the line between two pictures.
    pub is_turning: bool,
    /// Whether the reference, B, is seen as long as a key is held.
    pub is_reference_held: bool,
    /// What is drawn over it.
    pub overlay: Overlay,
    /// Where one looks; nothing before the first picture has a window.
    pub camera: Option<Camera>,
    /// Size of the picture's part of the window, screen pixels.
    pub window: [f32; 2],
    /// Where the pointer is in it.
    pub pointer: Option<[f32; 2]>,
    /// Whose keys.
    pub preset: Preset,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// Which picture that is about, if it is about one.
    troubled: Option<Side>,
    /// The two sizes that were told last: a picture that comes again and again says it once.
    sizes_told: Option<Trouble>,
    /// Layer that the next first picture is shown by, if it has one of that name.
    pub wanted_layer: Option<String>,
    stamps: u64,
}

/// A picture and where it comes from.
#[derive(Clone)]
pub struct Opened {
    /// The picture.
    pub picture: Arc<Picture>,
    /// Its file, if it has one.
    pub path: Option<PathBuf>,
    /// Another for every picture.
    pub stamp: u64,
}

/// What is drawn over the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Overlay {
    /// Outlines of tiles as they arrive, while the picture grows.
    #[default]
    Growing,
    /// How far each tile is.
    #[serde(alias = "Tiles")]
    Stages,
    /// Samples of each tile.
    Samples,
    /// Seconds of work on each tile.
    Seconds,
    /// Nothing.
    Nothing,
}

impl Overlay {
    /// All, in the order in which they follow each other.
    pub const ALL: [Self; 5] = [Self::Growing, Self::Stages, Self::Samples, Self::Seconds, Self::Nothing];

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Growing => say("overlay.growing"),
            Self::Stages => say("overlay.stages"),
            Self::Samples => say("overlay.samples"),
            Self::Seconds => say("overlay.seconds"),
            Self::Nothing => say("overlay.nothing"),
        }
    }

    /// The one after it.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

impl Desk {
    /// Lays a picture on the desk.
    pub fn put(&mut self, side: Side, picture: Picture, path: Option<PathBuf>) {
        self.stamps += 1;
        let before = if side == Side::First { &self.first } else { &self.second };
        let known = before.as_ref().and_then(|before| before.picture.note.clone());
        // A file that is read again every few seconds says the same only once.
        let news = picture.note.clone().filter(|note| Some(note) != known.as_ref());
        let opened = Opened { picture: Arc::new(picture), path, stamp: self.stamps };
        // Two files are read at once: a good one takes nothing back that was told of the other.
        if news.is_some() || self.troubled.is_none_or(|troubled| troubled == side) {
            (self.trouble, self.troubled) = (news, Some(side));
        }
        match side {
            Side::First => {
                let is_same_size = self.first.as_ref().is_some_and(|first| {
                    (first.picture.width, first.picture.height)
                        == (opened.picture.width, opened.picture.height)
                });
                let name = self.first.as_ref().map(|first| first.picture.layers[self.layer].name.clone());
                let name = name.or(self.wanted_layer.take());
                let found = opened.picture.layers.iter().position(|layer| Some(&layer.name) == name.as_ref());
                self.layer = found.unwrap_or_default();
                if !is_same_size {
                    self.camera = None;
                }
                (self.first, self.growth) = (Some(opened), None);
            }
            Side::Second => {
                self.second = Some(opened);
                if self.mode == Mode::First {
                    self.mode = Mode::Wipe(Wipe::default());
                }
            }
        }
        let sizes = self.differing_sizes();
        if sizes.is_some() && sizes != self.sizes_told {
            (self.trouble, self.troubled) = (sizes.clone(), Some(side));
        }
        self.sizes_told = sizes;
    }

    /// Tells that a picture cannot be laid on the desk; what lay there stays.
    pub fn fail(&mut self, side: Side, trouble: Trouble) {
        (self.trouble, self.troubled) = (Some(trouble), Some(side));
    }

    /// What is wrong with comparing pictures of two sizes.
    fn differing_sizes(&self) -> Option<Trouble> {
        let size = |opened: &Opened| (opened.picture.width, opened.picture.height);
        let (a, b) = self.first.as_ref().map(size).zip(self.second.as_ref().map(size))?;
        let words = |(width, height): (u32, u32)| {
            fill("trouble.size", &[("width", &width.to_string()), ("height", &height.to_string())])
        };
        (a != b).then(|| Trouble {
            what: fill("trouble.sizes", &[("a", &words(a)), ("b", &words(b))]),
            advice: say("trouble.sizes.advice").into(),
        })
    }

    /// Takes what came over a connection; says what the canvas has to upload.
    pub fn take(&mut self, Delivery { sender, what }: Delivery, now: Instant) -> Option<Change> {
        match what {
            Delivered::Packet(packet) => {
                let change = self.grow(packet, now)?;
                if let Some(growth) = &mut self.growth {
                    growth.comes_from(sender);
                }
                Some(change)
            }
            Delivered::Refused(why) => {
                self.refuse(&why.to_string());
                None
            }
            Delivered::Gone => {
                let growth = self.growth.as_mut()?;
                if !growth.lose(sender) {
                    return None;
                }
                // Whoever told no tiles tells no end either: that is how other programs send.
                if growth.is_cut() {
                    let (what, advice) = (say("trouble.lost"), say("trouble.lost.advice"));
                    self.fail(Side::First, Trouble { what: what.into(), advice: advice.into() });
                }
                Some(Change::End)
            }
        }
    }

    /// Tells that a picture which was sent is not shown.
    fn refuse(&mut self, why: &str) {
        let (what, advice) = (fill("trouble.sent", &[("why", why)]), say("trouble.sent.advice").into());
        self.fail(Side::First, Trouble { what, advice });
    }

    /// Takes a packet of a picture that grows; says what the canvas has to upload.
    pub fn grow(&mut self, packet: Packet, now: Instant) -> Option<Change> {
        match packet {
            Packet::Create { name, width, height, channels } => {
                let picture = Picture::growing(&name, width, height, &channels);
                let picture = picture.map_err(|error| self.refuse(&error.to_string())).ok()?;
                self.put(Side::First, picture, None);
                self.growth = Some(Growth::new(&name));
                Some(Change::Picture)
            }
            Packet::Update { name, rect, channels, values } => {
                let growth = self.growth.as_mut().filter(|growth| growth.name == name)?;
                let picture = Arc::make_mut(&mut self.first.as_mut()?.picture);
                if !picture.paste(rect, &channels, &values) {
                    return None;
                }
                growth.note(rect, now);
                Some(Change::Pixels(rect))
            }
            Packet::Close { name } => {
                self.growth_of(&name)?.is_open = false;
                Some(Change::End)
            }
            Packet::Cut { name, frame, edge_px } => {
                let picture = &self.first.as_ref()?.picture;
                let size = FrameSize::new(picture.width, picture.height).ok()?;
                self.growth_of(&name)?.cut(frame, size, edge_px);
                Some(Change::Tiles)
            }
            Packet::Tile { name, tile, stage, is_checked, seconds } => {
                self.growth_of(&name)?.tell(tile, stage, is_checked, seconds);
                Some(Change::Tiles)
            }
        }
    }

    fn growth_of(&mut self, name: &str) -> Option<&mut Growth> {
        self.growth.as_mut().filter(|growth| growth.name == name)
    }

    /// The layers that are compared.
    pub fn shown(&self) -> [Option<Shown<'_>>; 2] {
        let sides = [(&self.first, self.layer), (&self.second, self.partner())];
        sides.map(|(opened, layer)| {
            opened.as_ref().map(|opened| Shown { picture: &opened.picture, layer, stamp: opened.stamp })
        })
    }

    /// What is to be on the GPU of them: both, so that a key flips between them at once, or what lies between them.
    pub fn sources(&self) -> [Option<Source<'_>>; 2] {
        match (self.seen(), self.shown()) {
            (Mode::Difference, [Some(shown), minus]) => [Some(Source { shown, minus }), None],
            (_, shown) => shown.map(|shown| shown.map(|shown| Source { shown, minus: None })),
        }
    }

    /// Layer of the second picture that belongs to the first's.
    pub fn partner(&self) -> usize {
        let both = self.first.as_ref().zip(self.second.as_ref());
        both.map_or(0, |(first, second)| compare::partner(&first.picture, self.layer, &second.picture))
    }

    /// How the layer that is shown is looked at: numbers that are no light are shown as they are.
    pub fn effective_view(&self) -> View {
        let is_light = self.first.as_ref().is_none_or(|first| first.picture.layers[self.layer].is_light);
        match (is_light, self.view.transform) {
            (true, _) | (false, Transform::FalseColour) => self.view,
            (false, _) => View { transform: Transform::Raw, ..self.view },
        }
    }

    /// The pixel under the pointer.
    pub fn pixel(&self) -> Option<(u32, u32)> {
        let (camera, picture) = (self.camera?, &self.first.as_ref()?.picture);
        let [x, y] = camera.picture_from_window(self.pointer?, self.window);
        let inside = x >= 0.0 && y >= 0.0 && x < picture.width as f32 && y < picture.height as f32;
        inside.then_some((x as u32, y as u32))
    }

    /// The light that is seen at a pixel, of whichever picture is seen there.
    pub fn light(&self, x: u32, y: u32) -> Option<[f32; 4]> {
        let first = self.first.as_ref()?;
        let one = first.picture.light(self.layer, x, y);
        let inside = |picture: &Picture| x < picture.width && y < picture.height;
        let second = self.second.as_ref().filter(|second| inside(&second.picture));
        let two = second.map_or([0.0; 4], |second| second.picture.light(self.partner(), x, y));
        Some(self.seen().light((x, y), [first.picture.width, first.picture.height], one, two))
    }

    /// Which picture is seen where, now: a held key shows the reference whatever was chosen.
    pub fn seen(&self) -> Mode {
        if self.is_reference_held && self.second.is_some() { Mode::Second } else { self.mode }
    }

    /// Does what a command says, if it concerns the desk; false when it concerns the window.
    pub fn run(&mut self, command: Command) -> bool {
        // Whoever goes on has read it.
        (self.trouble, self.troubled) = (None, None);
        match command {
            Command::Exposure(stops) => self.look(|view| view.ev = hundredths(view.ev + stops)),
            Command::Gamma(by) => self.look(|view| view.gamma = hundredths(view.gamma + by)),
            Command::Offset(by) => self.look(|view| view.offset = hundredths(view.offset + by)),
            Command::ResetView => self.look(|view| (view.ev, view.offset, view.gamma) = (0.0, 0.0, 1.0)),
            Command::See(channel) if self.view.channel == channel => self.view.channel = Channel::Colour,
            Command::See(channel) => self.view.channel = channel,
            Command::Through(transform) => self.view.transform = transform,
            Command::NextTransform => self.view.transform = self.view.transform.next(),
            Command::PreviousTransform => self.view.transform = self.view.transform.previous(),
            Command::NextLayer => self.step_layer(1),
            Command::PreviousLayer => self.step_layer(-1),
            Command::Fit => self.camera = None,
            Command::Zoom(times) => self.zoom(|_| f32::from(times)),
            Command::ZoomOut(times) => self.zoom(|_| 1.0 / f32::from(times.max(1))),
            Command::Nearer(true) => self.zoom(|zoom| zoom * ZOOM_STEP),
            Command::Nearer(false) => self.zoom(|zoom| zoom / ZOOM_STEP),
            Command::Look(right, down) => {
                let by = [right, down].map(|steps| -f32::from(steps) * LOOK_SHARE);
                let window = self.window;
                if let Some(camera) = &mut self.camera {
                    camera.pan([by[0] * window[0], by[1] * window[1]]);
                }
            }
            Command::Wipe => {
                self.compare(Mode::Wipe(Wipe::default()), |mode| matches!(mode, Mode::Wipe(_)));
            }
            Command::TurnWipe(by) => {
                let wipe = if let Mode::Wipe(wipe) = self.mode { wipe } else { Wipe::default() };
                self.compare(Mode::Wipe(wipe.turned(by)), |_| false);
            }
            Command::Difference => self.compare(Mode::Difference, |mode| mode == Mode::Difference),
            Command::Flip => self.compare(Mode::Second, |mode| mode == Mode::Second),
            Command::Only(Side::First) => self.mode = Mode::First,
            Command::Only(Side::Second) => self.compare(Mode::Second, |_| false),
            Command::NextOverlay => self.overlay = self.overlay.next(),
            Command::NextPreset => self.preset = self.preset.next(),
            _ => return false,
        }
        true
    }

    fn look(&mut self, change: impl Fn(&mut View)) {
        change(&mut self.view);
        self.view = self.view.in_range();
    }

    fn zoom(&mut self, to: impl Fn(f32) -> f32) {
        let at = self.pointer.unwrap_or(self.window.map(|side| side / 2.0));
        if let Some(camera) = &mut self.camera {
            camera.zoom_to(to(camera.zoom), at, self.window);
        }
    }

    fn step_layer(&mut self, by: i64) {
        let count = self.first.as_ref().map_or(1, |first| first.picture.layers.len()) as i64;
        self.layer = (self.layer as i64 + by).rem_euclid(count) as usize;
    }

    fn compare(&mut self, mode: Mode, is_on: impl Fn(Mode) -> bool) {
        if self.second.is_none() {
            let advice = if drops::are_heard() { "trouble.one.advice" } else { "trouble.one.advice.start" };
            self.trouble = Some(Trouble { what: say("trouble.one").into(), advice: say(advice).into() });
            return;
        }
        self.mode = if is_on(self.mode) { Mode::First } else { mode };
    }
}

/// Steps are added without the dust that sums of floats gather.
fn hundredths(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::{Made, made};

    fn desk() -> Desk {
        let mut desk = Desk { window: [100.0, 100.0], ..Desk::default() };
        let layers: &[Made<'_>] =
            &[("beauty", &["R", "G", "B"], |at, _| at as f32), ("depth", &["Z"], |_, _| 4.0)];
        desk.put(Side::First, made(10, 10, layers), None);
        desk.camera = Some(Camera { centre: [5.0, 5.0], zoom: 10.0, is_fit: false });
        desk
    }

    #[test]
    fn a_channel_key_pressed_again_shows_colour() {
        let mut desk = desk();
        desk.run(Command::See(Channel::Red));
        assert_eq!(desk.view.channel, Channel::Red);
        desk.run(Command::See(Channel::Red));
        assert_eq!(desk.view.channel, Channel::Colour);
    }

    #[test]
    fn layers_go_round_and_numbers_are_not_toned() {
        let mut desk = desk();
        assert_eq!(desk.effective_view().transform, Transform::AgX);
        desk.run(Command::NextLayer);
        assert_eq!((desk.layer, desk.effective_view().transform), (1, Transform::Raw));
        desk.run(Command::NextLayer);
        assert_eq!(desk.layer, 0);
        desk.run(Command::PreviousLayer);
        assert_eq!(desk.layer, 1);
    }

    #[test]
    fn comparing_needs_two_pictures_and_says_so() {
        let mut desk = desk();
        desk.run(Command::Wipe);
        assert!(desk.trouble.take().is_some_and(|trouble| trouble.what.contains("only one")));
        desk.put(Side::Second, made(10, 10, &[("beauty", &["R", "G", "B"], |_, _| 9.0)]), None);
        assert_eq!(desk.mode, Mode::Wipe(Wipe::default()), "that is what a second picture is for");
        assert_eq!(
            [desk.light(4, 0), desk.light(5, 0)].map(|light| light.map(|light| light[2])),
            [Some(2.0), Some(9.0)]
        );
        desk.run(Command::Difference);
        assert_eq!(desk.light(0, 0), Some([9.0, 8.0, 7.0, 1.0]));
    }

    #[test]
    fn a_held_key_shows_the_reference_and_nothing_changes() {
        let mut desk = desk();
        desk.is_reference_held = true;
        assert_eq!(desk.seen(), Mode::First, "there is none");
        desk.put(Side::Second, made(10, 10, &[("beauty", &["R", "G", "B"], |_, _| 9.0)]), None);
        assert_eq!((desk.seen(), desk.light(0, 0).map(|light| light[0])), (Mode::Second, Some(9.0)));
        desk.is_reference_held = false;
        let wipe = Mode::Wipe(Wipe::default());
        assert_eq!((desk.seen(), desk.mode), (wipe, wipe));
        desk.run(Command::TurnWipe(-15.0));
        assert_eq!(desk.mode, Mode::Wipe(Wipe { turn: -15.0, ..Wipe::default() }));
        desk.run(Command::Only(Side::Second));
        desk.run(Command::Only(Side::Second));
        assert_eq!(desk.mode, Mode::Second, "no toggle");
        desk.run(Command::Only(Side::First));
        assert_eq!(desk.mode, Mode::First);
    }

    #[test]
    fn keys_move_by_a_tenth_of_the_window_and_zoom_to_whole_ratios() {
        let mut desk = desk();
        let before = desk.camera.expect("it was set").window_from_picture([5.0, 5.0], desk.window);
        desk.run(Command::Look(1, 0));
        desk.run(Command::Look(0, -1));
        let after = desk.camera.expect("it was set").window_from_picture([5.0, 5.0], desk.window);
        assert_eq!([after[0] - before[0], after[1] - before[1]], [-10.0, 10.0], "right and up are seen");
        let mut zoom = |command| {
            desk.run(command);
            desk.camera.expect("it was set").zoom
        };
        assert_eq!([zoom(Command::Zoom(3)), zoom(Command::ZoomOut(4))], [3.0, 0.25]);
        zoom(Command::Nearer(true));
        assert!((zoom(Command::Nearer(true)) - 0.5).abs() < 1e-6);
        zoom(Command::Nearer(false));
        assert!((zoom(Command::Nearer(false)) - 0.25).abs() < 1e-6);
    }

    #[test]
    fn the_pixel_under_the_pointer_is_the_one_that_is_drawn_there() {
        let mut desk = desk();
        desk.pointer = Some([37.0, 99.0]);
        assert_eq!(desk.pixel(), Some((3, 9)));
        desk.pointer = Some([37.0, 101.0]);
        assert_eq!(desk.pixel(), None, "below the picture");
    }

    #[test]
    fn a_new_version_of_a_picture_keeps_place_and_layer() {
        let mut desk = desk();
        desk.run(Command::NextLayer);
        let camera = desk.camera;
        let layers: &[Made<'_>] = &[("depth", &["Z"], |_, _| 5.0)];
        desk.put(Side::First, made(10, 10, layers), None);
        assert_eq!((desk.camera, desk.layer), (camera, 0));
        desk.put(Side::First, made(20, 10, layers), None);
        assert_eq!(desk.camera, None, "another size is looked at anew");
    }

    #[test]
    fn a_good_picture_takes_nothing_back_that_was_told_of_the_other() {
        let mut desk = Desk::default();
        let trouble = Trouble { what: "B is broken.".into(), advice: "Mend it.".into() };
        let layers: &[Made<'_>] = &[("beauty", &["R", "G", "B"], |_, _| 1.0)];
        desk.fail(Side::Second, trouble.clone());
        desk.put(Side::First, made(10, 10, layers), None);
        assert_eq!(desk.trouble, Some(trouble));
        desk.put(Side::Second, made(10, 10, layers), None);
        assert_eq!(desk.trouble, None, "B is there");
    }

    #[test]
    fn two_sizes_are_told_whichever_comes_last_and_once() {
        let layers: &[Made<'_>] = &[("beauty", &["R", "G", "B"], |_, _| 1.0)];
        for (last, before) in [(Side::First, Side::Second), (Side::Second, Side::First)] {
            let mut desk = Desk::default();
            desk.put(before, made(10, 10, layers), None);
            assert_eq!(desk.trouble, None);
            desk.put(last, made(20, 10, layers), None);
            assert!(desk.trouble.is_some(), "{last:?} came last");
            desk.run(Command::Fit);
            desk.put(last, made(20, 10, layers), None);
            assert_eq!(desk.trouble, None, "it was read");
            desk.put(last, made(30, 10, layers), None);
            assert!(desk.trouble.is_some(), "another size is news");
            desk.put(last, made(10, 10, layers), None);
            assert_eq!(desk.trouble, None, "and it is mended");
        }
    }

    fn live(width: u32, height: u32) -> Packet {
        let channels = ["R", "G", "B", "A", "samples.N"].map(str::to_owned).into();
        Packet::Create { name: "live".into(), width, height, channels }
    }

    #[test]
    fn a_sender_that_goes_ends_the_growth_and_a_render_says_so() {
        let mut desk = Desk::default();
        let take = |desk: &mut Desk, what| desk.take(Delivery { sender: 7, what }, Instant::now());
        take(&mut desk, Delivered::Packet(live(16, 8)));
        assert_eq!(take(&mut desk, Delivered::Gone), Some(Change::End));
        let is_open = |desk: &Desk| desk.growth.as_ref().is_some_and(|growth| growth.is_open);
        assert!(!is_open(&desk) && desk.trouble.is_none(), "another program's picture is as it is");
        take(&mut desk, Delivered::Packet(live(16, 8)));
        let cut = Packet::Cut { name: "live".into(), frame: frame::FrameIndex(0), edge_px: 8 };
        take(&mut desk, Delivered::Packet(cut));
        assert!(is_open(&desk));
        take(&mut desk, Delivered::Gone);
        assert!(!is_open(&desk) && desk.trouble.is_some());
    }

    #[test]
    fn a_picture_for_which_there_is_no_memory_is_told_and_the_old_one_stays() {
        let mut desk = desk();
        let channels = (0..64).map(|channel| channel.to_string()).collect();
        let (width, height) = (1 << 21, 1 << 21);
        let create = Packet::Create { name: "live".into(), width, height, channels };
        assert_eq!(desk.grow(create, Instant::now()), None);
        assert!(desk.trouble.is_some_and(|trouble| trouble.what.contains("memory")));
        assert!(desk.first.is_some() && desk.growth.is_none());
        let samples = Picture::growing("live", 1, 1, &["samples.N".to_owned()]).expect("it is small");
        assert!(!samples.layers[0].is_light, "counts are no light");
    }

    #[test]
    fn a_growing_picture_is_the_first_one() {
        let mut desk = Desk::default();
        let channels: Vec<String> = ["R", "G", "B", "A"].map(str::to_owned).into();
        let create = Packet::Create { name: "live".into(), width: 4, height: 4, channels: channels.clone() };
        assert_eq!(desk.grow(create, Instant::now()), Some(Change::Picture));
        let rect = frame::TileRect { x: 1, y: 1, width: 1, height: 1 };
        let values = vec![0.5, 0.25, 0.125, 1.0];
        desk.grow(Packet::Update { name: "live".into(), rect, channels, values }, Instant::now());
        assert_eq!(desk.light(1, 1), Some([0.5, 0.25, 0.125, 1.0]));
        assert_eq!(desk.light(0, 0), Some([0.0; 4]));
        let outside = frame::TileRect { x: 4, ..rect };
        let packet = Packet::Update {
            name: "live".into(),
            rect: outside,
            channels: vec!["R".into()],
            values: vec![1.0],
        };
        assert_eq!(desk.grow(packet, Instant::now()), None);
        assert_eq!(desk.grow(Packet::Close { name: "live".into() }, Instant::now()), Some(Change::End));
    }
}
