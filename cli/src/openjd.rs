//! Open Job Description 2023-09, the job standard of AWS Deadline Cloud and others: templates that render with this program, and a check
//! of anybody's templates.
//!
//! A job template is data for a farm that is there already: parameters that people may change, a task for each frame, and the command
//! that a worker runs. `wish` turns a render's flags into one ([`Template`], shaped in `document`), `frames` writes its frames as the
//! standard does, and `review` holds a template to the rules of the standard's own authors. Nothing here opens a scene or a network.
//! Source: the specification, <https://github.com/OpenJobDescription/openjd-specifications/wiki>.

mod document;
mod frames;
mod review;
mod wish;

pub(crate) use document::Template;
pub(crate) use review::{BYTES_MAX, Kind, Problem, review};
pub(crate) use wish::template;
