//! What stands behind the desktop's window, without a window: the renders of this computer and their past, the person's
//! settings, and the pictures as they grow.
//!
//! A shell calls a [`Desk`] and draws what it answers; whenever something has changed, the desk's [`Bell`] rings and the
//! shell asks again. Work happens on threads of its own, so that no call here waits for a render. Everything that a shell
//! sees derives `specta::Type`, from which the front end's types are made. Fractions are told to it as whole numbers, because
//! both are `number` there, while it takes a fraction for one that may be missing; none of ours is ever infinite.

mod adapters;
mod bell;
mod cards;
mod contact;
mod earning;
mod failure;
mod forecast;
mod mosaic;
mod offered;
mod order;
mod preflight;
mod renders;
mod reporter;
mod sample;
mod settings;
mod shelf;
mod shrunk;
mod updates;
mod viewer;
mod viewfinder;
mod watching;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use directories::ProjectDirs;

pub use adapters::{Adapter, Adapters, Verdict};
pub use bell::Bell;
pub use cards::{Card, Note, Outcome};
pub use earning::{
    AskedWord, Because, Benchmark, EarnPhase, EarnState, EarnedDay, EarnedWith, Earning, Earnings, GpuState,
    RulesForm, TileEnd, TileOutcome,
};
pub use failure::Failure;
pub use forecast::Forecast;
pub use mosaic::Mosaic;
pub use offered::{Offered, scene_endings};
pub use order::{More, Order, Place, Quality};
pub use preflight::{Preflight, Remark};
pub use renders::{Renders, Standing};
pub use settings::{Language, Purpose, Settings, Theme};
pub use updates::{
    Offer, Origin, Place as UpdatePlace, Step as UpdateStep, UpdateChannel, UpdatePhase, UpdateSource,
    UpdateState, UpdateTrouble, Updates,
};
pub use viewfinder::Looked;
pub use watching::{JobRow, Jobs};

pub use crate::nearby::{Found, Nearby};

use crate::earn::Wish;
use crate::fault::Fault;
use crate::gpu::Standby;
use crate::{nearby, places};
use forecast::Forecaster;
use shelf::Shelf;
use viewfinder::Viewfinder;

/// Time that stopping work has to keep what is done when the program ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// The desktop's memory and its running work.
pub struct Desk {
    renders: Renders,
    earning: Earning,
    settings: Shelf<Settings>,
    updates: Updates,
    forecaster: Forecaster,
    viewfinder: Viewfinder,
    /// The GPU of a form that is filled in.
    standby: Arc<Standby>,
    folder: PathBuf,
    bell: Arc<Bell>,
}

impl Desk {
    /// Opens the desk in a folder, or in the system's usual place.
    ///
    /// # Errors
    /// A folder that cannot be made. Files in it that cannot be read are set aside, and the desk begins anew; renders that can be
    /// gone on with are remembered again by what they keep.
    pub fn open(folder: Option<&Path>) -> Result<Self, Fault> {
        let folder = folder.map_or_else(usual_folder, |folder| Ok(folder.to_owned()))?;
        places::create_private(&folder)?;
        let bell = Arc::new(Bell::new());
        let settings = Shelf::open(folder.join("settings.json"));
        let standby = Arc::new(Standby::default());
        let (cards, work) = (folder.join("renders.json"), folder.join("renders"));
        let renders = Renders::open(cards, work, Arc::clone(&bell), Arc::clone(&standby));
        let earning = Earning::open(&folder, Arc::clone(&bell));
        let updates = Updates::new(Arc::clone(&bell));
        let (forecaster, viewfinder) = Default::default();
        Ok(Self { renders, earning, settings, updates, forecaster, viewfinder, standby, folder, bell })
    }

    /// Rings whenever something here has changed.
    pub fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// The renders, running and past.
    pub fn renders(&self) -> &Renders {
        &self.renders
    }

    /// Looks into a scene before anything is rendered; the GPU is made ready meanwhile, for whoever looks usually renders.
    ///
    /// # Errors
    /// As [`Preflight::of`].
    pub fn preflight(&self, scene: &Path, fps: f64) -> Result<Preflight, Fault> {
        let adapter = self.settings().adapter;
        self.standby.get_ready(order::filled(&adapter));
        let found = Preflight::of(scene, fps);
        if found.is_err() {
            self.standby.stand_down();
        }
        found
    }

    /// Nobody fills in a form any more: what was begun for it ends.
    pub fn leave_form(&self) {
        self.forecaster.end();
        self.viewfinder.leave();
        self.standby.stand_down();
    }

    /// Looks at what the form asks for, at the frame at this place among its frames; a newer look ends it, and so do a forecast and a start.
    ///
    /// # Errors
    /// A field that is not right, a scene or an adapter that cannot render; [`crate::Exit::Interrupted`] when it was ended.
    pub fn look(&self, order: &Order, place: u32) -> Result<Looked, Fault> {
        self.viewfinder.look(order, place, &self.standby)
    }

    /// The picture of the look: as [`Renders::frame_picture`] writes it.
    pub fn looked_at(&self, known: u32) -> Vec<u8> {
        self.viewfinder.packet(known)
    }

    /// Starts a render; says its name.
    ///
    /// # Errors
    /// As [`Renders::start`].
    pub fn start(&self, order: Order) -> Result<String, Fault> {
        self.forecaster.end();
        // The GPU of the look is there again for this.
        self.viewfinder.end();
        self.renders.start(order)
    }

    /// What a render will take and cost; a newer question ends it, and so does a start.
    ///
    /// # Errors
    /// A field that is not right, a scene that cannot be rendered, a farm that would not take it.
    pub fn forecast(&self, order: &Order) -> Result<Forecast, Fault> {
        self.forecaster.end();
        // What else is rendered would be measured too.
        let _still = self.viewfinder.hold_still();
        let answer = self.forecaster.ask(order, &self.standby);
        if answer.is_ok() && order.place == Place::Here {
            self.standby.get_ready(order.gpu());
        }
        answer
    }

    /// This computer as a node.
    pub fn earning(&self) -> &Earning {
        &self.earning
    }

    /// Starts earning with the person's settings and rules; a pause from before is over.
    pub fn earn(&self) -> Result<(), Fault> {
        if self.updates.is_installing() {
            return Err(renders::updating());
        }
        self.earning.start(&self.settings(), Some(Wish::Earn))
    }

    /// Starts earning again where the person left it on; a pause that they asked for goes on.
    pub fn earn_again(&self) -> Result<(), Fault> {
        if self.earning.was_on() { self.earning.start(&self.settings(), None) } else { Ok(()) }
    }

    /// This computer's adapters, and what it tells the rules of Earn.
    pub fn adapters(&self) -> Adapters {
        Adapters::look(&self.folder)
    }

    /// Programs that run now, by name, for the list of those to pause for.
    pub fn running_programs(&self) -> Vec<String> {
        crate::earn::here::running().iter().map(ToString::to_string).collect()
    }

    /// What this computer's node earned at the coordinator of the settings.
    pub fn earnings(&self) -> Result<Earnings, Fault> {
        self.earning.earnings(&self.settings().earn_coordinator)
    }

    /// Measures an adapter by rendering on it; a few seconds.
    pub fn benchmark(&self, adapter: &str) -> Result<Benchmark, Fault> {
        self.earning.benchmark(adapter, self.settings().earn_price)
    }

    /// Looks for coordinators on the own network; a few seconds. Nothing is kept before a person compared the code.
    pub fn nearby(&self) -> Result<Nearby, Fault> {
        let settings = self.settings();
        nearby::look(&[settings.coordinator, settings.earn_coordinator], nearby::PATIENCE_USUAL)
    }

    /// Whether a viewer lies beside this program.
    pub fn has_viewer(&self) -> bool {
        viewer::program().is_some()
    }

    /// Opens a picture in the viewer.
    pub fn open_viewer(&self, picture: &Path) -> Result<(), Fault> {
        viewer::open(picture, self.settings().language)
    }

    /// Opens the newest finished picture that is still there in the viewer.
    pub fn show_last_picture(&self) -> Result<(), Fault> {
        let mut pictures = self.renders.cards().into_iter().map(|card| PathBuf::from(card.picture));
        let picture = pictures.find(|picture| picture.is_file()).ok_or_else(|| {
            Fault::failure("there is no finished picture to show", "render one, or open one in the viewer")
        })?;
        self.open_viewer(&picture)
    }

    /// Whether something would be lost if the program ended now.
    pub fn is_busy(&self) -> bool {
        self.renders.is_busy() || self.earning.state().is_rendering
    }

    /// Stops everything before the program ends, and waits a little for what is done to be kept.
    pub fn leave(&self) {
        self.earning.leave(PATIENCE);
        self.renders.stop_all(PATIENCE);
    }

    /// This program's updates.
    pub fn updates(&self) -> &Updates {
        &self.updates
    }

    /// Decides whether the update that the person wants is installed now, and makes room for it: then nothing is rendered, and nothing
    /// begins, until the program ends or [`Self::update_failed`] is called. `None`: they left it for later.
    pub fn step_update(&self, errand: u64) -> Option<UpdateStep> {
        let (tile, takes_tiles) = self.earning.tile();
        let work = updates::Work { render: self.renders.is_busy(), tile, takes_tiles };
        let (step, lets_go) = self.updates.step(errand, work, self.settings().updates_ask)?;
        match step {
            UpdateStep::Finish => self.earning.ask(Wish::FinishThenPause),
            UpdateStep::Ask if lets_go => self.earning.ask(Wish::GoOn),
            UpdateStep::Install if !self.make_room() => return Some(self.updates.wait()),
            _ => {}
        }
        Some(step)
    }

    /// Leaves an update for later, and lets the node go on.
    pub fn leave_update(&self) {
        if self.updates.leave() {
            self.earning.ask(Wish::GoOn);
        }
    }

    /// An update did not work: everything goes on as before.
    pub fn update_failed(&self, trouble: UpdateTrouble) {
        let had_room = self.updates.is_installing();
        self.updates.failed(trouble);
        if !had_room {
            return;
        }
        self.renders.open_again();
        if let Err(fault) = self.earn_again() {
            tracing::warn!(%fault, "earning did not start again");
        }
    }

    /// Ends the node, which is at no tile, and begins no render; `false` when something was begun in between.
    fn make_room(&self) -> bool {
        if !self.renders.close() {
            return false;
        }
        self.earning.leave(PATIENCE);
        let is_free = !self.earning.has_node();
        if !is_free {
            self.renders.open_again();
        }
        is_free
    }

    /// What the person chose.
    pub fn settings(&self) -> Settings {
        self.settings.read(Settings::clone)
    }

    /// Takes and keeps what the person chose; a GPU that they switch on or off while it earns begins or ends.
    pub fn set_settings(&self, settings: &Settings) -> Result<(), Fault> {
        let before = self.settings.change(|kept| std::mem::replace(kept, settings.clone()))?;
        self.bell.ring();
        if before.earn_gpus == settings.earn_gpus { Ok(()) } else { self.earning.follow(settings) }
    }

    /// The sample scene as a file that can be rendered, and its pictures' usual place.
    pub fn sample_scene(&self) -> Result<PathBuf, Fault> {
        sample::laid_out(&self.folder)
    }

    /// Where the pictures of a scene go when nobody says: beside it, or among the person's pictures for the sample.
    pub fn output_for(&self, scene: &Path, is_sequence: bool) -> PathBuf {
        let is_sample = scene.starts_with(&self.folder);
        let folder = if is_sample { sample::pictures_folder(&self.folder) } else { order::folder_of(scene) };
        order::free_name(&folder, scene, is_sequence, |name| self.renders.standing(name) == Standing::Free)
    }
}

fn usual_folder() -> Result<PathBuf, Fault> {
    let usual = ProjectDirs::from("", "", "tessera").ok_or_else(|| {
        Fault::failure(
            "this account has no home folder to keep data in",
            "start Tessera from an account that has one",
        )
    })?;
    Ok(usual.data_local_dir().join("desktop"))
}

#[cfg(test)]
mod tests;
