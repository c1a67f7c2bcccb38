//! How a picture is cut when it does not fit at once: pieces aligned to the network's grid, each with an apron as wide as a
//! pixel's reach, so that what is kept of them has the bits of the whole.

use super::network::ALIGNMENT_PX;

/// Pixels of the padded picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// One run of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// What it works on: aligned, with the apron, cut at the padded picture.
    pub(crate) region: Extent,
    /// What is kept of it: inside the picture.
    pub(crate) kept: Extent,
}

/// Most cuts along an axis.
const CUTS_MAX: u32 = 1024;

/// The fewest pixels of work that cover the picture with regions of at most `pixels_max`; `None` when aprons alone are more.
pub(crate) fn pieces(width: u32, height: u32, reach_px: u32, pixels_max: u64) -> Option<Vec<Piece>> {
    let columns = |count| spans(width, reach_px, count);
    let longest = |spans: &[Span]| spans.iter().map(|span| u64::from(span.region_size)).max().unwrap_or(0);
    let mut best: Option<(u64, Vec<Span>, Vec<Span>)> = None;
    let mut rows_needed = 1;
    // More columns never need more rows, so both counts are walked once.
    for column_count in (1..=CUTS_MAX.min(width.div_ceil(ALIGNMENT_PX))).rev() {
        let columns = columns(column_count);
        let rows = loop {
            let rows = spans(height, reach_px, rows_needed);
            if longest(&columns) * longest(&rows) <= pixels_max {
                break Some(rows);
            }
            if rows_needed >= CUTS_MAX.min(height.div_ceil(ALIGNMENT_PX)) {
                break None;
            }
            rows_needed += 1;
        };
        let Some(rows) = rows else { break };
        let work = |spans: &[Span]| spans.iter().map(|span| u64::from(span.region_size)).sum::<u64>();
        let total = work(&columns) * work(&rows);
        if best.as_ref().is_none_or(|(least, ..)| total <= *least) {
            best = Some((total, columns, rows));
        }
    }
    let (_, columns, rows) = best?;
    let piece = |row: &Span, column: &Span| Piece {
        region: Extent {
            x: column.region,
            y: row.region,
            width: column.region_size,
            height: row.region_size,
        },
        kept: Extent { x: column.kept, y: row.kept, width: column.kept_size, height: row.kept_size },
    };
    Some(rows.iter().flat_map(|row| columns.iter().map(move |column| piece(row, column))).collect())
}

/// A piece along one axis.
struct Span {
    region: u32,
    region_size: u32,
    kept: u32,
    kept_size: u32,
}

fn spans(size: u32, reach_px: u32, count: u32) -> Vec<Span> {
    let padded = size.next_multiple_of(ALIGNMENT_PX);
    let apron = reach_px.next_multiple_of(ALIGNMENT_PX);
    let step = size.div_ceil(count).next_multiple_of(ALIGNMENT_PX);
    (0..size.div_ceil(step))
        .map(|index| {
            let kept = index * step;
            let end = (kept + step).min(size);
            let region = kept.saturating_sub(apron);
            let region_end = end.next_multiple_of(ALIGNMENT_PX).saturating_add(apron).min(padded);
            Span { region, region_size: region_end - region, kept, kept_size: end - kept }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_pixel_once_and_stay_within_bounds() {
        for (width, height, reach, most) in
            [(1, 1, 93, 256), (97, 61, 20, 6000), (1000, 40, 93, 60_000), (333, 777, 93, 300_000)]
        {
            let pieces = pieces(width, height, reach, most).expect("possible");
            let mut seen = vec![0; (width * height) as usize];
            for Piece { region, kept } in pieces {
                assert!(u64::from(region.width) * u64::from(region.height) <= most);
                for edge in [region.x, region.y, region.width, region.height, kept.x, kept.y] {
                    assert!(edge.is_multiple_of(ALIGNMENT_PX));
                }
                let (right, below) = (kept.x + kept.width, kept.y + kept.height);
                assert!(region.x == 0 || kept.x - region.x >= reach);
                assert!(region.y == 0 || kept.y - region.y >= reach);
                let (region_right, region_below) = (region.x + region.width, region.y + region.height);
                assert!(region_right >= width || region_right - right >= reach);
                assert!(region_below >= height || region_below - below >= reach);
                for y in kept.y..below {
                    (kept.x..right).for_each(|x| seen[(y * width + x) as usize] += 1);
                }
            }
            assert!(seen.iter().all(|&count| count == 1), "{width}x{height}");
        }
    }

    #[test]
    fn what_fits_is_one_piece_and_what_cannot_fit_is_none() {
        assert_eq!(pieces(1920, 1080, 128, 1920 * 1088).map(|pieces| pieces.len()), Some(1));
        assert!(pieces(1920, 1080, 128, 1920 * 1088 - 1).is_some_and(|pieces| pieces.len() == 2));
        assert!(pieces(1920, 1080, 128, 256 * 256).is_none());
    }
}
