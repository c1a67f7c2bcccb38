//! The door between a running node and whoever asks about it: two small files in its private data folder.
//!
//! The node writes how it stands (`node.state.json`) at every change and once a second, whole by rename. Who wants something from it leaves a
//! word (`node.word.json`) and reads in the state that it was heard. Files work alike on every system, need no port and no secret, and are as
//! private as the folder; a state that is old is told as old.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::signals::Activity;
use super::standing::Standing;
use super::wish::Wish;
use crate::fault::Fault;
use crate::places::{self, Part};

/// How often a node writes its state when nothing changes.
pub const BEAT: Duration = Duration::from_secs(1);
/// A state older than this is from a node that is gone or stuck.
pub const STALE_AFTER: Duration = Duration::from_secs(5);
/// How long a word may take to be heard.
const HEARD_WITHIN: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Largest file that is read, bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// A node's two files.
#[derive(Clone, Debug)]
pub struct Door {
    folder: PathBuf,
}

/// A word that somebody left at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// A random number, to find out that it was heard.
    pub number: u64,
    /// What is wanted.
    pub wish: Wish,
}

/// What `tessera node status` tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// What the node wrote last.
    #[serde(flatten)]
    pub standing: Standing,
    /// Since it wrote that, seconds.
    pub age_s: f64,
    /// Too long ago for it to be true still.
    pub is_stale: bool,
}

impl Door {
    /// The door of the node with this data folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The node's data folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the node wrote last; `None` when it never did, or when that cannot be read any more.
    ///
    /// # Errors
    /// The file is there and may not be read.
    pub fn standing(&self) -> std::io::Result<Option<Standing>> {
        Ok(read(&self.state_path())?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Whether a node lives in this folder. One that was killed a moment ago looks as if it did, until it has missed some beats: then the
    /// answer takes as long.
    pub fn is_taken(&self) -> bool {
        let Ok(Some(seen)) = self.standing() else { return false };
        let seen = aged(seen, unix_ms());
        if !seen.standing.is_running || seen.is_stale {
            return false;
        }
        let asked = Instant::now();
        while asked.elapsed() < BEAT * 3 {
            match self.standing() {
                Ok(Some(now)) if now.at_unix_ms != seen.standing.at_unix_ms => return now.is_running,
                _ => std::thread::sleep(LOOK_AGAIN),
            }
        }
        false
    }

    /// Writes how the node stands, whole or not at all.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn show(&self, standing: &Standing) -> std::io::Result<()> {
        self.replace(&self.state_path(), standing)
    }

    /// Takes the word that lies at the door, if one does.
    pub fn take_word(&self) -> Option<Word> {
        let path = self.word_path();
        let bytes = read(&path).ok()??;
        // A word that cannot be understood is thrown away as well: it would be found again for ever.
        let _ = frame::patience::patiently(|| std::fs::remove_file(&path));
        serde_json::from_slice(&bytes).ok()
    }

    /// Leaves a word.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn leave_word(&self, word: Word) -> std::io::Result<()> {
        self.replace(&self.word_path(), &word)
    }

    fn replace(&self, path: &Path, value: &impl Serialize) -> std::io::Result<()> {
        // Temporary files are readable by their owner alone, and stay so under their new name.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        places::put_in_place(file, path)
    }

    fn state_path(&self) -> PathBuf {
        self.folder.join("node.state.json")
    }

    fn word_path(&self) -> PathBuf {
        self.folder.join("node.word.json")
    }
}

impl Status {
    /// The state's sentence; for an old one, how old it is.
    pub fn sentence(&self) -> String {
        if !self.is_stale {
            return self.standing.decision.sentence.clone();
        }
        let said = &self.standing.decision.sentence;
        format!("Last heard {} ago, and then: {said}", ago(self.age_s))
    }
}

/// How the node with this data folder stands.
///
/// # Errors
/// No node ever ran there, or its folder may not be read.
pub fn status(data: Option<&Path>) -> Result<Status, Fault> {
    let folder = places::data_folder(Part::Node, data)?;
    let door = Door::new(&folder);
    let standing = door.standing().map_err(|error| Fault::file("read", &door.state_path(), &error))?;
    let standing = standing.ok_or_else(|| {
        let what = format!("no node has run with the data folder {}", crate::fault::quoted(&folder));
        Fault::failure(
            what,
            "start one with `tessera node --coordinator ADDRESS`, or name its folder with --data",
        )
    })?;
    Ok(aged(standing, unix_ms()))
}

/// Tells the running node with this data folder something, and waits until it has heard.
///
/// # Errors
/// No node runs there, or it does not listen.
pub fn tell(data: Option<&Path>, wish: Wish) -> Result<Status, Fault> {
    let before = status(data)?;
    let not_running = |what: String| {
        Fault::failure(
            what,
            "start it with `tessera node --coordinator ADDRESS`, or name its folder with --data",
        )
    };
    if !before.standing.is_running {
        return Err(not_running("the node is not running".into()));
    }
    if before.is_stale {
        return Err(not_running(format!(
            "the node does not answer, it was last heard {} ago",
            ago(before.age_s)
        )));
    }
    let folder = places::data_folder(Part::Node, data)?;
    let door = Door::new(&folder);
    let mut number = [0; 8];
    getrandom::fill(&mut number)
        .map_err(|_| Fault::failure("the system gives no random numbers", "restart this computer"))?;
    // JSON readers of other languages keep 53 bits of a number.
    let word = Word { number: (u64::from_le_bytes(number) >> 11).max(1), wish };
    door.leave_word(word).map_err(|error| Fault::file("write to", &folder, &error))?;
    let asked = Instant::now();
    while asked.elapsed() < HEARD_WITHIN {
        let now = status(data)?;
        if now.standing.heard == word.number {
            return Ok(now);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    let _ = std::fs::remove_file(door.word_path());
    Err(not_running(format!("the node did not answer within {} s", HEARD_WITHIN.as_secs())))
}

/// Waits until the running node has nothing in hand any more, and at most so long.
///
/// # Errors
/// As [`status`].
pub fn settle(data: Option<&Path>, within: Duration) -> Result<Status, Fault> {
    let asked = Instant::now();
    loop {
        let now = status(data)?;
        let is_busy = matches!(now.standing.activity, Activity::Rendering | Activity::Delivering);
        if !is_busy || now.is_stale || asked.elapsed() >= within {
            return Ok(now);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn aged(standing: Standing, now_unix_ms: u64) -> Status {
    let age_s = now_unix_ms.saturating_sub(standing.at_unix_ms) as f64 / 1000.0;
    // A node that ended tidily said so, and that stays true.
    let is_stale = standing.is_running && age_s > STALE_AFTER.as_secs_f64();
    Status { standing, age_s, is_stale }
}

fn ago(seconds: f64) -> String {
    match seconds as u64 {
        whole @ 0..120 => format!("{whole} s"),
        whole @ 120..7_200 => format!("{} min", whole / 60),
        whole => format!("{} h", whole / 3600),
    }
}

fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let file = match frame::patience::patiently(|| std::fs::File::open(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

pub(crate) fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::earn::{Asked, Engine, Moment, Power, Rules, Sensed, Signals};

    fn standing() -> Standing {
        let signals = Signals { power: Sensed::Known(Power::Mains), ..Signals::default() };
        let signals = Signals { activity: Activity::Idle, ..signals };
        let mut engine = Engine::new(Rules::headless(), Asked::Earn);
        Standing {
            decision: engine.handle(Moment { unix_s: 0, offset_s: 0 }, &signals),
            is_running: true,
            activity: Activity::Idle,
            adapter: "llvmpipe".into(),
            adapter_celsius: None,
            tiles_done: 3,
            given_back: 1,
            failed: 0,
            uploaded_today_bytes: 5,
            uploaded_day: 20_000,
            asked: Asked::Earn,
            heard: 0,
            at_unix_ms: unix_ms(),
            last: Default::default(),
        }
    }

    #[test]
    fn what_is_shown_is_read_and_only_by_its_owner() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let door = Door::new(place.path());
        assert_eq!(door.standing().expect("an empty folder"), None);
        door.show(&standing()).expect("it can be written");
        assert!(door.standing().expect("it can be read").is_some_and(|read| read.tiles_done == 3));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(door.state_path()).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
        let files = std::fs::read_dir(place.path()).expect("a folder").count();
        assert_eq!(files, 1, "nothing temporary is left");
    }

    #[test]
    fn a_state_with_whatever_reason_can_be_read_again() {
        use crate::earn::{ProgramName, Reason as R};
        let place = tempfile::tempdir().expect("a temporary folder");
        let door = Door::new(place.path());
        for reason in [
            R::PausedForAnHour { until: "15:10".into() },
            R::PausedUntilBack { is_seen: true },
            R::FullScreen { program: ProgramName::new("Night Race") },
            R::BatteryLow { percent: 12 },
            R::OutsideSchedule { opens: None },
            R::InUse { minutes: 3, is_now: true },
            R::TooHot { card: "Card".into(), celsius: 81, resumes_below_c: 70 },
            R::GpuMemoryTaken { free_mib: 300 },
            R::DiskFull { keep_gib: 2 },
            R::UploadSpent { limit_gb: 20 },
            R::Rendering,
        ] {
            let mut shown = standing();
            shown.decision.also = vec![reason.clone()];
            shown.decision.reason = reason;
            door.show(&shown).expect("it can be written");
            assert_eq!(door.standing().expect("it is there"), Some(shown));
        }
    }

    #[test]
    fn an_old_state_is_told_as_old_and_an_ended_node_is_not() {
        let now = unix_ms();
        let told = |is_running, age_ms| {
            aged(Standing { is_running, at_unix_ms: now - age_ms, ..standing() }, now).sentence()
        };
        assert_eq!(told(true, 1_000), "Waiting: no tile is there to render");
        assert_eq!(told(true, 14_000), "Last heard 14 s ago, and then: Waiting: no tile is there to render");
        assert_eq!(
            told(true, 7_300_000),
            "Last heard 2 h ago, and then: Waiting: no tile is there to render"
        );
        assert_eq!(told(false, 7_300_000), "Waiting: no tile is there to render");
    }

    #[test]
    fn a_folder_is_taken_by_a_node_that_goes_on_writing_and_not_by_one_that_was_killed() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let door = Door::new(place.path());
        assert!(!door.is_taken(), "none ever ran");
        door.show(&Standing { is_running: false, ..standing() }).expect("it can be written");
        assert!(!door.is_taken(), "it ended tidily");
        door.show(&standing()).expect("it can be written");
        assert!(!door.is_taken(), "it was killed just now");
        door.show(&standing()).expect("it can be written");
        let other = door.clone();
        let alive = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            other.show(&standing()).expect("it can be written");
        });
        assert!(door.is_taken());
        alive.join().expect("it only writes");
    }

    #[test]
    fn a_word_is_taken_once_and_nonsense_is_thrown_away() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let door = Door::new(place.path());
        let word = Word { number: 7, wish: Wish::PauseHour };
        door.leave_word(word).expect("it can be written");
        assert_eq!((door.take_word(), door.take_word()), (Some(word), None));
        std::fs::write(door.word_path(), b"{\"number\":1,\"wish\":\"format_disk\"}")
            .expect("it can be written");
        assert_eq!(door.take_word(), None);
        assert!(!door.word_path().exists());
    }

    #[test]
    fn nobody_waits_for_a_node_that_is_not_there() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let fault = tell(Some(place.path()), Wish::Pause).expect_err("none ever ran");
        assert!(fault.what.starts_with("no node has run with the data folder"), "{fault}");
        let door = Door::new(place.path());
        let gone = Standing { at_unix_ms: unix_ms() - 60_000, ..standing() };
        door.show(&gone).expect("it can be written");
        let fault = tell(Some(place.path()), Wish::Pause).expect_err("it is gone");
        assert_eq!(fault.what, "the node does not answer, it was last heard 60 s ago");
        assert!(!door.word_path().exists(), "no word is left for the next one");
    }
}
