//! Numbers and health for whoever runs a coordinator or nodes, over plain HTTP: what Prometheus scrapes and what a supervisor asks.
//!
//! `GET /metrics` answers in Prometheus' text format (or OpenMetrics, to those who ask for it), `GET /healthz` whether the program does its job, and
//! why not. Neither holds a key, an address, a name or an id: only sums, and labels whose values are listed in `integrations/prometheus/README.md`.
//! Nothing is counted here. A page is made of what others count ([`Source`]) when it is asked for; [`http`] is the driver around it, on a thread of its
//! own, so that no client of it takes time from the farm. Sources: Prometheus, "Exposition formats" and "Metric and label naming".

mod farm;
mod health;
mod http;
mod node;
mod page;
mod process;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use render_net::coordinator::Insight;

pub use health::Health;
pub use http::{Endpoint, Serving};
pub use node::Panel;
pub use page::Format;

/// What a page tells of.
#[derive(Clone)]
pub enum Source {
    /// A coordinator in this process.
    Coordinator(Insight),
    /// The nodes of this process.
    Nodes(Panel),
}

impl Source {
    /// Whether it does its job.
    pub async fn health(&self) -> Health {
        match self {
            Source::Coordinator(insight) => farm::health(insight.look().await),
            Source::Nodes(panel) => panel.health(),
        }
    }

    /// All numbers, in a format.
    pub async fn page(&self, format: Format) -> String {
        match self {
            Source::Coordinator(insight) => {
                let look = insight.look().await;
                page::text(farm::Numbers { reading: insight.read(), look }, format)
            }
            Source::Nodes(panel) => page::text(panel.numbers(), format),
        }
    }
}

/// Reads where metrics are to be served: `PORT` on this computer alone, or `IP:PORT`.
///
/// # Errors
/// What is wrong with the text.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(|_| "write it as PORT, such as 9464, or as IP:PORT, such as 0.0.0.0:9464".to_owned())
}

#[cfg(test)]
mod tests;
