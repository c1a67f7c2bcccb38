//! Frames as a list of ranges: `1-24`, and with a step `1-9:2` in the standard, `1-9x2` in this program's flags.

/// Writes ascending frames, each once; `step` is the sign before a step.
pub(super) fn ranges(frames: &[u32], step: char) -> String {
    let mut parts = Vec::new();
    let mut rest = frames;
    while let [first, after @ ..] = rest {
        let stride = after.first().map_or(1, |second| second - first);
        let run = rest.windows(2).take_while(|pair| pair[1] - pair[0] == stride).count();
        // Two frames that do not follow each other are no range.
        let taken = if run == 1 && stride > 1 { 1 } else { run + 1 };
        let last = rest[taken - 1];
        parts.push(match (taken, stride) {
            (1, _) => first.to_string(),
            (_, 1) => format!("{first}-{last}"),
            _ => format!("{first}-{last}{step}{stride}"),
        });
        rest = &rest[taken..];
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use frame::FrameRange;

    #[test]
    fn frames_are_written_shortly_and_read_back_the_same() {
        for (asked, openjd) in [
            ("7", "7"),
            ("1-24", "1-24"),
            ("1-9x2", "1-9:2"),
            ("1,5-9x2", "1,5-9:2"),
            ("1,2,9", "1-2,9"),
            ("0,4,5,6,10,20", "0,4-6,10,20"),
            ("3,1,2", "1-3"),
        ] {
            let range: FrameRange = asked.parse().expect("a list of frames");
            assert_eq!(ranges(range.frames(), ':'), openjd, "{asked}");
            let again: FrameRange = ranges(range.frames(), 'x').parse().expect("our own words");
            assert_eq!(again, range, "{asked}");
        }
    }
}
