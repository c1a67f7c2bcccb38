//! What a person reads of a quote.

use app::event::Quote;
use app::statement::credits;

use super::span;

/// A quote in sentences: the time, the price, and what is not in them.
pub(crate) fn quote_words(quote: &Quote) -> String {
    let Quote { frames, width, height, spp, time_s, cost, nodes, nodes_unknown, jobs, .. } = quote;
    let pictures = if *frames == 1 { "A picture".into() } else { format!("{frames} pictures") };
    let work = format!("{pictures} of {width}x{height} at {spp} spp");
    let (half, most) = (span(time_s.p50), span(time_s.p90));
    if *nodes == 0 {
        return format!(
            "{work} will take this computer about {half}, and in nine of ten cases no longer than {most}; it costs nothing."
        );
    }
    let (one, many) = if *nodes == 1 { ("node", "renders") } else { ("nodes", "render") };
    let beside = match jobs {
        0 => String::new(),
        1 => " beside another job".into(),
        jobs => format!(" beside {jobs} other jobs"),
    };
    let unknown = match nodes_unknown {
        0 => String::new(),
        unknown if unknown == nodes => {
            " No node there has delivered anything yet, so its speed is guessed.".into()
        }
        unknown => format!(" {unknown} of the nodes delivered nothing yet, so their speed is guessed."),
    };
    format!(
        "{work}, which {nodes} {one} {many}{beside}, will take about {half}, and in nine of ten cases no longer than {most}.\n\
         It will cost about {} credits, and in nine of ten cases no more than {}.{unknown}\n\
         Sending the scene, at most {:.1} MiB, is not in the time.",
        credits(cost.p50),
        credits(cost.p90),
        quote.send_bytes as f64 / f64::from(1 << 20)
    )
}

#[cfg(test)]
mod tests {
    use app::event::Odds;

    use super::*;

    #[test]
    fn a_quote_is_told_in_sentences() {
        let mut quote = Quote {
            frames: 1,
            width: 640,
            height: 480,
            spp: 64,
            time_s: Odds { p50: 95.0, p90: 130.0 },
            cost: Odds::default(),
            nodes: 0,
            nodes_unknown: 0,
            jobs: 0,
            send_bytes: 3 << 19,
            adapter: String::new(),
            places: 9,
            took_s: 2.0,
        };
        let here = quote_words(&quote);
        assert!(here.contains("about 1 min 35 s") && here.contains("2 min 10 s"), "{here}");
        (quote.frames, quote.nodes, quote.nodes_unknown, quote.jobs) = (2, 3, 1, 1);
        quote.cost = Odds { p50: 1_500_000, p90: 2_000_000 };
        let farm = quote_words(&quote);
        for words in [
            "2 pictures of 640x480",
            "3 nodes render beside another job",
            "1.5",
            "2",
            "1 of the nodes",
            "1.5 MiB",
        ] {
            assert!(farm.contains(words), "{words}: {farm}");
        }
        assert_eq!(farm.lines().count(), 3, "{farm}");
    }
}
