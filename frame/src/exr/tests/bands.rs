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

fn in_memory(bytes: &[u8]) -> Result<Bands<Cursor<&[u8]>>, ExrError> {
    Bands::of(Cursor::new(bytes), bytes.len() as u64, &ReadLimits::default())
}

/// Two parts of different heights, with samples that a picture must not have in rows far apart, and with noise that no codec makes smaller.
fn two_parts_with_faults() -> Vec<u8> {
    use ::exr::prelude::{
        AnyChannel, AnyChannels, Encoding, FlatSamples, Image, ImageAttributes, IntegerBounds, Layer,
        LayerAttributes, WritableImage,
    };
    let part = |part: &str, height: usize, bad: &[(&str, usize, f32)]| {
        let channel = |name: &str| {
            let noise = |at: usize| blake3::hash(&[at.to_le_bytes().as_slice(), name.as_bytes()].concat());
            let mut values: Vec<f32> =
                (0..40 * height).map(|at| f32::from(noise(at).as_bytes()[0]) / 255.0).collect();
            bad.iter().filter(|(of, ..)| *of == name).for_each(|(_, at, value)| values[*at] = *value);
            AnyChannel::new(name, FlatSamples::F32(values))
        };
        let channels = AnyChannels::sort(["R", "G", "B", "depth.Z"].map(channel).into_iter().collect());
        Layer::new((40, height), LayerAttributes::named(part), Encoding::SMALL_FAST_LOSSLESS, channels)
    };
    let low = part("low", 30, &[("G", 1190, f32::NAN), ("B", 3, f32::INFINITY), ("R", 700, -1.0)]);
    let high = part("high", 75, &[("depth.Z", 2999, f32::NEG_INFINITY), ("G", 2000, f32::NAN)]);
    let attributes = ImageAttributes::new(IntegerBounds::from_dimensions((40, 75)));
    let layer_data: ::exr::prelude::Layers<_> = vec![low, high].into();
    let image = Image { attributes, layer_data };
    let mut made = Cursor::new(Vec::new());
    image.write().to_buffered(&mut made).expect("memory is enough");
    made.into_inner()
}

/// [`two_parts_with_faults`] and the corpus.
fn files() -> Vec<Vec<u8>> {
    std::iter::once(two_parts_with_faults()).chain(corpus().iter().cloned()).collect()
}

#[test]
fn what_is_wrong_with_a_file_is_the_same_in_bands() {
    let expected: Layers = "beauty,motion".parse().expect("known");
    for bytes in files() {
        let whole = check(&read_bytes(&bytes, &ReadLimits::default()).expect("sound"), &expected);
        for rows in [1, 8, 32, 1000] {
            let mut bands = in_memory(&bytes).expect("sound").by(rows);
            assert_eq!(check_bands(&mut bands, &expected).expect("sound"), whole, "{rows} rows");
        }
    }
    let report = check_bands(&mut in_memory(&two_parts_with_faults()).expect("sound").by(8), &expected);
    let report = report.expect("it can be read");
    assert_eq!((report.nan, report.infinite, report.negative), (2, 2, 2));
    assert_eq!(
        report.bad_channels,
        ["B", "G", "R", "G", "depth.Z"],
        "in the file's order, not as they were found"
    );
}

#[test]
fn a_picture_for_the_screen_has_the_same_bytes_in_bands() {
    let folder = folder();
    let path = folder.path().join("a.png");
    for bytes in files() {
        let colours = read_bytes(&bytes, &ReadLimits::default()).expect("sound").colours().expect("R, G, B");
        let pixels = colours.rgba.chunks_exact(4);
        let rgb = pixels.flat_map(|it| ToneMap::Clip.to_srgb([it[0], it[1], it[2]], 0.5)).collect();
        let whole = image::RgbImage::from_raw(colours.width, colours.height, rgb).expect("it is filled");
        let mut expected = Cursor::new(Vec::new());
        whole.write_to(&mut expected, image::ImageFormat::Png).expect("memory is enough");
        for rows in [1, 8, 32, 1000] {
            let mut bands = in_memory(&bytes).expect("sound").by(rows);
            let shown = ScreenPicture::of_bands(&mut bands, 0.5, ToneMap::Clip).expect("sound");
            shown.expect("it has colours").write_png(&path).expect("it can be written");
            assert!(fs::read(&path).expect("just written") == *expected.get_ref(), "{rows} rows");
        }
        write_png(&path, &colours, 0.5, ToneMap::Clip).expect("it can be written");
        assert!(fs::read(&path).expect("just written") == *expected.get_ref());
    }
}

#[test]
fn a_damaged_file_is_refused_in_bands_with_the_same_sentence() {
    let mut refused = 0;
    for bytes in files() {
        for kept in [0, 3, 100, 400, bytes.len() / 2, bytes.len() - 40, bytes.len() - 1] {
            let cut = &bytes[..kept];
            let whole = read_bytes(cut, &ReadLimits::default()).expect_err("it was cut").to_string();
            let checked = in_memory(cut).and_then(|bands| check_bands(&mut bands.by(8), &Layers::default()));
            assert_eq!(checked.expect_err("it was cut").to_string(), whole, "{kept} bytes");
            let shown = |bands: Bands<_>| ScreenPicture::of_bands(&mut bands.by(8), 0.0, ToneMap::Clip);
            assert_eq!(in_memory(cut).and_then(shown).expect_err("it was cut").to_string(), whole);
            refused += 1;
        }
    }
    assert_eq!(refused, 7 * files().len());
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
