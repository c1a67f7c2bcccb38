//! Files that are read band by band.

use std::cell::Cell;
use std::io::{Cursor, Read, Seek, SeekFrom};

use super::*;

#[test]
fn bands_of_a_file_are_the_file_and_bands_of_two_compare_as_they_do() {
    let limits = ReadLimits::default();
    let bands =
        |bytes: &'static [u8]| Bands::of(Cursor::new(bytes), bytes.len() as u64, &limits).expect("sound");
    let files: Vec<ExrFile> =
        corpus().iter().map(|bytes| read_bytes(bytes, &limits).expect("sound")).collect();
    for (bytes, whole) in corpus().iter().zip(&files) {
        let mut bands = bands(bytes);
        assert_eq!((bands.info(), bands.height()), (&whole.info(), 21));
        let mut joined = bands.read(0..0).expect("nothing is there always");
        for rows in [0..5, 5..16, 16..17, 17..30] {
            let band = bands.read(rows).expect("sound");
            for (part, more) in joined.parts.iter_mut().zip(band.parts) {
                for (samples, more) in part.samples.iter_mut().zip(more.samples) {
                    match (samples, more) {
                        (Samples::Half(all), Samples::Half(more)) => all.extend(more),
                        (Samples::Float(all), Samples::Float(more)) => all.extend(more),
                        (Samples::Uint(all), Samples::Uint(more)) => all.extend(more),
                        _ => panic!("another storage"),
                    }
                }
            }
        }
        assert!(joined.parts.iter().zip(&whole.parts).all(|(joined, whole)| joined.samples == whole.samples));
    }
    for (one, left) in files.iter().enumerate() {
        for (other, right) in files.iter().enumerate() {
            let whole = compare::compare(left, right).expect("one size");
            let (mut left, mut right) = (bands(&corpus()[one]), bands(&corpus()[other]));
            assert_eq!(compare::compare_files(&mut left, &mut right).expect("one size"), whole);
            assert_eq!(compare::in_bands(&mut left, &mut right, 8).expect("one size"), whole);
        }
    }
}

#[test]
fn a_band_is_read_from_its_own_blocks() {
    struct Counted<'a>(Cursor<&'a [u8]>, &'a Cell<u64>);
    impl Read for Counted<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let read = self.0.read(into)?;
            self.1.set(self.1.get() + read as u64);
            Ok(read)
        }
    }
    impl Seek for Counted<'_> {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let mut made = Cursor::new(Vec::new());
    let (width, height) = (64, 4096);
    let pixel = |at: ::exr::math::Vec2<usize>| (at.0 as f32, at.1 as f32, 1.0f32);
    let channels = ::exr::prelude::SpecificChannels::rgb(pixel);
    let mut image = ::exr::prelude::Image::from_encoded_channels(
        (width, height),
        ::exr::prelude::Encoding::UNCOMPRESSED,
        channels,
    );
    image.layer_data.encoding.blocks = ::exr::prelude::Blocks::ScanLines;
    ::exr::prelude::WritableImage::write(&image).to_buffered(&mut made).expect("memory is enough");
    let (bytes, count) = (made.into_inner(), Cell::new(0));
    let source = Counted(Cursor::new(&bytes), &count);
    let mut bands = Bands::of(source, bytes.len() as u64, &ReadLimits::default()).expect("sound");
    count.set(0);
    let band = bands.read(1000..1064).expect("sound");
    let table = 8 * height as u64;
    let most = band.parts[0].samples.iter().map(|samples| samples.len() as u64 * 4).sum::<u64>() * 2 + table;
    assert!(count.get() <= most + 4096, "{} bytes were read for a band of {most}", count.get());
}
