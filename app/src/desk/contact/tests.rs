//! Small pictures, growing and from files.

use frame::exr::{ToneMap, write_png};
use frame::film::Colours;

use super::*;
use crate::sight::{Stage, Work};

fn sight(frame: u32, size: FrameSize, rgba: &[f32]) -> Sight<'_> {
    let rect = TileRect { x: 0, y: 0, width: size.width(), height: size.height() };
    Sight {
        frame: FrameIndex(frame),
        size,
        rect,
        tile: None,
        stage: Stage::Noisy,
        edge_px: 16,
        work: Work::default(),
        samples: 1,
        rgba,
    }
}

fn size(width: u32, height: u32) -> FrameSize {
    FrameSize::new(width, height).expect("in range")
}

fn numbers(packet: &[u8]) -> Vec<u32> {
    packet.as_chunks().0.iter().take(3).map(|bytes| u32::from_le_bytes(*bytes)).collect()
}

fn grey(path: &Path, value: f32) {
    let colours = Colours { width: 256, height: 64, rgba: [value, value, value, 1.0].repeat(256 * 64) };
    write_png(path, &colours, 0.0, ToneMap::Clip).expect("it can be written");
}

#[test]
fn a_growing_frame_is_sent_when_it_changed_and_else_its_version_alone() {
    let (mut sheet, prints) = (Sheet::default(), Prints::default());
    let places = Places { whole: Vec::new(), partial: None };
    let light = [0.18, 0.18, 0.18, 1.0].repeat(256 * 64);
    sheet.see(&sight(3, size(256, 64), &light));
    let sheet = Mutex::new(sheet);
    let ask = |frame, known| places.packet(FrameIndex(frame), Some(&sheet), &prints, known);
    let first = ask(3, 0);
    let [version, 128, 32] = numbers(&first)[..] else { panic!("{:?}", numbers(&first)) };
    assert_eq!((first.len(), &first[12..16]), (12 + 128 * 32 * 4, &[118, 118, 118, 255][..]));
    assert_eq!(ask(3, version), version.to_le_bytes());
    assert!(ask(4, 0).is_empty(), "nothing is known of it");
    sheet.lock().expect("nobody panics").see(&sight(3, size(256, 64), &light));
    assert!(ask(3, version).len() > 4);
}

#[test]
fn a_sheet_lets_go_of_what_changed_longest_ago_before_it_grows_too_large() {
    let mut sheet = Sheet::default();
    let light = [0.5; 128 * 128 * 4];
    let fit = SHEET_BYTES_MAX / light.len();
    for frame in 0..=fit as u32 {
        sheet.see(&sight(frame, size(128, 128), &light));
    }
    assert!(sheet.bytes <= SHEET_BYTES_MAX);
    assert!(fit > 1000 && !sheet.frames.contains_key(&FrameIndex(0)));
    assert!(sheet.frames.contains_key(&FrameIndex(1)));
    sheet.forget(FrameIndex(1));
    assert_eq!(sheet.bytes, (fit - 1) * light.len());
}

#[test]
fn a_file_is_read_once_until_it_changes_and_a_finished_one_is_better_than_what_grows() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let file = place.path().join("a.0003.preview.png");
    let (sheet, prints) = (Mutex::new(Sheet::default()), Prints::default());
    let places = Places { whole: vec![file.clone(), place.path().join("gone.exr")], partial: None };
    let ask = |known| places.packet(FrameIndex(3), Some(&sheet), &prints, known);
    assert!(ask(0).is_empty());
    sheet.lock().expect("nobody panics").see(&sight(3, size(8, 8), &[1.0; 256]));
    assert_eq!(numbers(&ask(0))[1..], [8, 8]);
    grey(&file, 0.18);
    let first = ask(0);
    assert_eq!((&numbers(&first)[1..], &first[12..16]), (&[128, 32][..], &[118, 118, 118, 255][..]));
    let version = numbers(&first)[0];
    assert_eq!(ask(version), version.to_le_bytes());
    // Unreadable, but of the same length and time: only whoever reads again would notice.
    let about = std::fs::metadata(&file).expect("there");
    std::fs::write(&file, vec![0; about.len() as usize]).expect("it can be written");
    let times = std::fs::FileTimes::new().set_modified(about.modified().expect("it has one"));
    std::fs::File::options().write(true).open(&file).expect("there").set_times(times).expect("set");
    assert_eq!(ask(0), first);
    std::fs::write(&file, "no picture").expect("it can be written");
    assert_eq!(numbers(&ask(version))[1..], [8, 8], "what cannot be read is as if it were not there");
}

#[test]
fn pictures_of_files_are_bounded() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let prints = Prints::default();
    let path = |number: usize| place.path().join(format!("{number}.png"));
    for number in 0..PRINTS_MAX + 3 {
        std::fs::write(path(number), "no picture").expect("it can be written");
        assert_eq!(prints.packet(&path(number), 0), None);
        prints.packet(&path(0), 0);
    }
    let kept = prints.0.lock().expect("nobody panics");
    assert_eq!(kept.prints.len(), PRINTS_MAX);
    assert!(
        kept.prints.contains_key(&path(0)) && !kept.prints.contains_key(&path(1)),
        "what is looked at stays"
    );
}
