//! What a render will take and cost, told before anything is sent.
//!
//! Small patches of the real pictures are rendered on this computer ([`probe`]), a coordinator is asked who would work and for how much, and a seeded play of the
//! market ([`estimate`]) says in which time and for which price half and nine tenths of such jobs are done. Of the scene nothing leaves this computer but
//! how much memory it needs. `docs/decisions/0015-a-quote-is-played-before-it-is-told.md` says why.

mod chance;
mod crew;
mod estimate;
mod farm;
mod look;
mod play;
mod probe;
mod work;

use render_core::adapter_class;

use crate::denoiser::Carried;
use crate::event::{Audience, Event, Quote};
use crate::fault::Fault;
use crate::gpu::{self, Reserved};
use crate::render::Plan;
use crate::request::RenderRequest;
use crate::stop::Stop;

pub use crew::{Speeds, crew};
pub use estimate::{Estimate, estimate};
pub use farm::Inquiry;
use look::Subject;
pub use work::{Crew, Hand, Work};

/// Asks what a render will take on this computer, or on a coordinator's nodes; the answer is told as an event too.
///
/// # Errors
/// A [`Fault`]: as for rendering; and where no node would work or the credit does not suffice, one that says why.
pub fn quote(
    request: &RenderRequest,
    gpu: Reserved,
    inquiry: Option<&Inquiry>,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Quote, Fault> {
    let began = std::time::Instant::now();
    let chosen = gpu::choice(gpu.adapter());
    let plan = Plan::look(request, Carried::suited_to(adapter_class(&chosen)), audience)?;
    let subject = Subject::prepare(&plan, began)?;
    let ask = |inquiry| farm::ask(inquiry, &plan, subject.memory_mib(), stop);
    let offers = inquiry.map(ask).transpose()?;
    let mut renderer = gpu.open(stop)?.ok_or_else(probe::stopped)?;
    let seen = subject.look(&chosen, &mut renderer, offers.is_some(), stop)?;
    let (estimate, nodes, nodes_unknown, jobs, send_bytes) = match &offers {
        None => (seen.here(), 0, 0, 0, 0),
        Some(offers) => {
            let crew = crew(offers, seen.speeds()).ok_or_else(crate::takers::nobody)?;
            let unknown = offers.nodes.iter().filter(|offer| offer.speed == 0).count();
            let estimate = estimate(&seen.work, &crew, SEED);
            (estimate, offers.nodes.len(), unknown, offers.jobs, seen.send_bytes)
        }
    };
    let size = plan.grid.frame();
    let quote = Quote {
        frames: plan.frames.len() as u32,
        width: size.width(),
        height: size.height(),
        spp: plan.settings.spp,
        time_s: estimate.time_s,
        cost: estimate.cost,
        nodes: nodes as u32,
        nodes_unknown: nodes_unknown as u32,
        jobs,
        send_bytes,
        adapter: frame::TileRenderer::adapter(&renderer).name,
        places: seen.work.places.len() as u32,
        took_s: began.elapsed().as_secs_f64(),
    };
    audience.hear(&Event::Quote(quote.clone()));
    Ok(quote)
}

/// Of the plays: the same question has the same answer as far as the same was measured.
const SEED: u64 = 0x7e55_e7a0;
