//! One page of numbers in the words of Prometheus.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, prometheus_text, text as open_metrics};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use render_net::histogram::Histogram;

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// What somebody with this `Accept` header gets: OpenMetrics only where it is named.
    pub(super) fn accepted(header: &str) -> Self {
        if header.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// Its media type.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The numbers of something.
pub(super) fn text(numbers: impl Numbered + 'static, format: Format) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Whole(numbers)));
    let mut text = String::new();
    let written = match format {
        Format::Prometheus => prometheus_text::encode(&mut text, &registry),
        Format::OpenMetrics => open_metrics::encode(&mut text, &registry),
    };
    written.expect("a string takes any text");
    text
}

/// Something with numbers.
pub(super) trait Numbered: fmt::Debug + Send + Sync {
    /// Writes them all, each name once.
    fn write(&self, page: &mut Page<'_>) -> fmt::Result;
}

#[derive(Debug)]
struct Whole<N>(N);

impl<N: Numbered + 'static> Collector for Whole<N> {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.0.write(&mut Page(encoder))
    }
}

/// Labels of one value: what they are, and which.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Where numbers are written.
pub(super) struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    /// A number that rises and falls.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.gauges(name, help, [(Labels::new(), value)])
    }

    /// Several of one name.
    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        values.into_iter().try_for_each(|(labels, value)| family.encode_family(&labels)?.encode_gauge(&value))
    }

    /// A number that only rises; `_total` is added to its name.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.counters(name, help, [(Labels::new(), value)])
    }

    /// Several of one name.
    pub(super) fn counters(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        values.into_iter().try_for_each(|(labels, value)| {
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&value, None)
        })
    }

    /// How often a value fell into which range.
    pub(super) fn histograms<'h>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (Labels, &'h Histogram)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        values.into_iter().try_for_each(|(labels, histogram)| {
            let ranges: Vec<(f64, u64)> = histogram.ranges().collect();
            let mut encoder = family.encode_family(&labels)?;
            encoder.encode_histogram::<NoLabelSet>(histogram.sum(), histogram.count(), &ranges, None)
        })
    }
}

/// A value with one label.
pub(super) fn one(label: &'static str, which: &str, value: u64) -> (Labels, f64) {
    (vec![(label, which.to_owned())], value as f64)
}
