//! What a form's render will take and cost, told while nothing has begun.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::order::{Order, Place};
use crate::courtesy::giving_way;
use crate::event::{Audience, Event, Quote};
use crate::fault::Fault;
use crate::gpu::Standby;
use crate::quote::{self, Inquiry};
use crate::stop::Newest;

/// A quote in the window's words: in each pair what half of such renders need at most, and what nine of ten do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Forecast {
    /// Seconds until the last picture is there; sending the scene is not in them.
    #[specta(type = (u32, u32))]
    pub time_s: (f64, f64),
    /// Credits; 0 on this computer.
    #[specta(type = (u32, u32))]
    pub credits: (f64, f64),
    /// Nodes that would work; 0: this computer does.
    pub nodes: u32,
    /// Those of them whose speed nobody knows yet.
    pub nodes_unknown: u32,
    /// Other jobs that share the nodes now.
    pub jobs: u32,
    /// What is sent first, MiB.
    #[specta(type = u32)]
    pub send_mib: f64,
}

/// Answers one question at a time: a newer one ends the one before it, for nobody waits for that any more.
#[derive(Debug, Default)]
pub(super) struct Forecaster(Newest);

impl Forecaster {
    /// What this would take; some seconds, and half a minute on a processor that has never rendered.
    ///
    /// # Errors
    /// As for rendering; no node that would work, or too little credit; [`crate::Exit::Interrupted`] when it was ended.
    pub(super) fn ask(&self, order: &Order, standby: &Standby) -> Result<Forecast, Fault> {
        let stop = self.0.begin();
        let request = order.request()?;
        let inquiry = match order.place {
            Place::Here => None,
            Place::Network => {
                Some(Inquiry { coordinator: order.coordinator.clone(), data: None, terms: order.terms()? })
            }
        };
        let ask = || {
            let gpu = standby.take(order.gpu());
            quote::quote(&request, gpu, inquiry.as_ref(), &stop, &mut Nobody)
        };
        // The person goes on filling in the form.
        giving_way(ask).map(Forecast::from)
    }

    /// Ends what is looked at now.
    pub(super) fn end(&self) {
        self.0.end();
    }
}

impl From<Quote> for Forecast {
    fn from(quote: Quote) -> Self {
        let credits = |micro: u64| micro as f64 / 1e6;
        Self {
            time_s: (quote.time_s.p50, quote.time_s.p90),
            credits: (credits(quote.cost.p50), credits(quote.cost.p90)),
            nodes: quote.nodes,
            nodes_unknown: quote.nodes_unknown,
            jobs: quote.jobs,
            send_mib: quote.send_bytes as f64 / f64::from(1 << 20),
        }
    }
}

/// The answer is all that is wanted.
struct Nobody;

impl Audience for Nobody {
    fn hear(&mut self, _: &Event) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Exit;

    #[test]
    fn a_field_that_is_not_right_is_told_before_anything_is_looked_at() {
        let still = Order { scene: "nowhere.glb".into(), output: "a.exr".into(), ..Order::default() };
        let order = Order { frames: "x".into(), ..still.clone() };
        let fault = Forecaster::default().ask(&order, &Standby::default()).expect_err("x is no frame");
        assert!(fault.exit == Exit::Usage && fault.what.contains("\"frames\""), "{fault}");
        let fault =
            Forecaster::default().ask(&still, &Standby::default()).expect_err("there is no such scene");
        assert_eq!(fault.exit, Exit::Scene, "{fault}");
    }
}
