//! Looks into EXR files: what is in them, whether they are sound, how two of them differ, and a quick preview.

use std::path::{Path, PathBuf};

use frame::compare::{self, CompareError, Comparison, FilesError};
use frame::exr::{
    self, Bands, CheckReport, ExrFile, ExrInfo, Layer, Layers, ReadLimits, ScreenPicture, ToneMap,
};

use crate::fault::{Fault, quoted};
use crate::print::exr_fault;

/// Parts, channels and attributes.
pub fn info(path: &Path) -> Result<ExrInfo, Fault> {
    exr::read_info(path, &ReadLimits::default()).map_err(|error| exr_fault("read", path, &error))
}

/// Decodes every pixel and reports what is wrong. Only colours are expected to be there: other layers are the artist's choice, and so is
/// the alpha of other programs' pictures.
pub fn check(path: &Path) -> Result<CheckReport, Fault> {
    let told = |error| exr_fault("read", path, &error);
    let beauty: Layers = Layer::Beauty.name().parse().expect("a layer's name is a list of one");
    let mut bands = open(path)?;
    let has_colours = bands.read(0..0).map_err(told)?.colours().is_some();
    let mut report = exr::check_bands(&mut bands, &beauty).map_err(told)?;
    if has_colours {
        report.missing_layers.clear();
    }
    Ok(report)
}

/// How far `test` is from `reference`.
pub fn diff(test: &Path, reference: &Path) -> Result<Comparison, Fault> {
    compare::compare_files(&mut open(test)?, &mut open(reference)?).map_err(|error| {
        let advice = match &error {
            FilesError::Test(fault) => return exr_fault("read", test, fault),
            FilesError::Reference(fault) => return exr_fault("read", reference, fault),
            FilesError::Compare(CompareError::Size(..)) => "render both at the same --size",
            FilesError::Compare(CompareError::NoColours) => "give two pictures with R, G and B channels",
        };
        Fault::failure(error.to_string(), advice)
    })
}

/// Writes the beauty as an 8-bit sRGB PNG, `exposure_ev` stops brighter; says where.
pub fn to_png(path: &Path, output: Option<PathBuf>, exposure_ev: f32) -> Result<PathBuf, Fault> {
    let output = output.unwrap_or_else(|| path.with_extension("png"));
    let is_png = output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    if !is_png || is_same_file(path, &output) {
        // A slip would put the preview over the picture itself.
        let what = format!("the output name {} is not a new PNG file", quoted(&output));
        return Err(Fault::usage(what, "name another file that ends in .png with -o"));
    }
    let screen = ScreenPicture::of_bands(&mut open(path)?, exposure_ev, ToneMap::Clip)
        .map_err(|error| exr_fault("read", path, &error))?;
    let screen = screen.ok_or_else(|| {
        let what = format!("{} has no colours to show", quoted(path));
        Fault::failure(what, "give a picture with R, G and B channels")
    })?;
    screen.write_png(&output).map_err(|error| exr_fault("write", &output, &error))?;
    Ok(output)
}

/// Whether both names lead to one file that is there.
pub(crate) fn is_same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn open(path: &Path) -> Result<Bands, Fault> {
    Bands::open(path, &ReadLimits::default()).map_err(|error| exr_fault("read", path, &error))
}

pub(crate) fn read(path: &Path) -> Result<ExrFile, Fault> {
    exr::read(path, &ReadLimits::default()).map_err(|error| exr_fault("read", path, &error))
}
