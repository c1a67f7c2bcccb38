//! What lies on the desk: up to two pictures, how they are looked at, and what each command changes. No window in here.

mod overlay;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use frame::FrameSize;
use frame::tev::Packet;

use crate::camera::Camera;
use crate::colour::scheme::{Made, Scheme};
use crate::colour::space::Space;
use crate::colour::{Choice, Display};
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
pub use overlay::Overlay;

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
    /// The colour configuration whose views are offered beside the built-in ones.
    pub scheme: Scheme,
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
    /// What that is about, if it is about something that may be mended.
    troubled: Option<About>,
    /// The two sizes that were told last: a picture that comes again and again says it once.
    sizes_told: Option<Trouble>,
    /// Layer that the next first picture is shown by, if it has one of that name.
    pub wanted_layer: Option<String>,
    stamps: u64,
}

/// What a trouble is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Picture(Side),
    Scheme,
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
        if news.is_some() || self.troubled.is_none_or(|troubled| troubled == About::Picture(side)) {
            (self.trouble, self.troubled) = (news, Some(About::Picture(side)));
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
            (self.trouble, self.troubled) = (sizes.clone(), Some(About::Picture(side)));
        }
        self.sizes_told = sizes;
    }

    /// Tells that a picture cannot be laid on the desk; what lay there stays.
    pub fn fail(&mut self, side: Side, trouble: Trouble) {
        (self.trouble, self.troubled) = (Some(trouble), Some(About::Picture(side)));
    }

    /// Tells that a colour configuration or one of its views is not there; a built-in view is.
    pub fn fail_scheme(&mut self, trouble: Trouble) {
        self.scheme.refuse();
        (self.trouble, self.troubled) = (Some(trouble), Some(About::Scheme));
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
            (true, _) => self.view,
            (false, Transform::FalseColour) if self.scheme.chosen.is_none() => self.view,
            (false, _) => View { transform: Transform::Raw, ..self.view },
        }
    }

    /// The space that the first picture's light is in.
    pub fn space(&self) -> Space {
        self.first.as_ref().map_or_else(Space::default, |first| Space::of(&first.picture))
    }

    /// The configuration's view through which the layer is shown; none where a built-in one shows it.
    pub fn way(&self) -> Option<&Made> {
        let is_light = self.first.as_ref().is_some_and(|first| first.picture.layers[self.layer].is_light);
        is_light.then(|| self.scheme.way(&self.space()))?
    }

    /// What the screen shows of light, each value 0 to 1.
    pub fn screen(&self, light: [f32; 4]) -> [f32; 3] {
        match self.way() {
            Some(made) => self.view.shown_by(light, |rgb| (made.way.code)(rgb)),
            None => self.effective_view().shown(light),
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
            Command::Through(transform) => self.look_through(transform),
            Command::Configured(at) => {
                let choice = self.scheme.choices().nth(at.into());
                self.scheme.choose(choice);
            }
            Command::NextTransform => self.step_view(1),
            Command::PreviousTransform => self.step_view(-1),
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

    fn look_through(&mut self, transform: Transform) {
        self.view.transform = transform;
        self.scheme.choose(None);
    }

    /// Built-in views and those of the display that is looked at, round and round.
    fn step_view(&mut self, by: i64) {
        let views: Vec<Choice> = self.scheme.display().map(Display::choices).unwrap_or_default();
        let built_in = Transform::ALL.len();
        let chosen = self.scheme.chosen.as_ref().and_then(|chosen| views.iter().position(|it| it == chosen));
        let at = chosen.map_or(self.view.transform as usize, |at| built_in + at);
        let next = (at as i64 + by).rem_euclid((built_in + views.len()) as i64) as usize;
        match next.checked_sub(built_in) {
            Some(at) => self.scheme.choose(views.into_iter().nth(at)),
            None => self.look_through(Transform::ALL[next]),
        }
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
mod tests;
