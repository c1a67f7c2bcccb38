//! When this computer may work for strangers: the rules of *Earn*, what the person asked for, and the one true reason.
//!
//! [`Engine::handle`] takes the time and everything that was sensed and answers with a [`Decision`]: whether the node may use the GPU, and one
//! sentence that says why it works or not. It has no clock, file, thread or system call, so a whole year of evenings is tested in a second. Whoever
//! drives it senses ([`Signals`]) a few times a second, and carries the answer to the node. Source: the verbs and reasons that owners know
//! from other programs of this kind (`earn / pause / finish`, one reason always visible).

pub mod door;
pub mod engine;
pub mod here;
pub mod moment;
pub mod reason;
pub mod rules;
pub mod rules_file;
pub mod schedule;
pub mod senses;
pub mod signals;
pub mod standing;
pub mod steward;
pub mod tally;
mod uploads;
pub mod wish;

pub use door::{Door, Status};
pub use engine::{Allowed, Decision, Engine};
pub use moment::Moment;
pub use reason::{Reason, State};
pub use rules::{Rules, Within};
pub use rules_file::RulesFault;
pub use schedule::{Schedule, ScheduleFault};
pub use senses::Senses;
pub use signals::{Activity, AdapterSense, GpuMemory, Power, ProgramName, Sensed, Signals};
pub use standing::{Standing, WorkEnd, WorkOutcome};
pub use steward::{Controls, Owner};
pub use tally::Tally;
pub use uploads::Uploads;
pub use wish::{Asked, Wish};
