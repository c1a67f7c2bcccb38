mod bands;

use std::{fs, path::Path};

use proptest::prelude::*;

use super::*;
use crate::{
    Film, FrameSize, Partial, Picture, Plane, RenderSettings, SettingsDraft, TileGrid, TileIndex, TilePlanes,
    TreeNode, compare, ranks,
};

const ALL: &str =
    "beauty,noisy,albedo,normal,depth,position,motion,object_id,material_id,variance,samples,cryptomatte";

/// A finished picture of 37 × 21 pixels with every plane, smooth colours, one blazing pixel and a hole in depth.
fn picture() -> Picture {
    let layers: Layers = ALL.parse().expect("known names");
    let size = FrameSize::new(37, 21).expect("in range");
    let draft = SettingsDraft { spp: 4, planes: layers.planes(), ..SettingsDraft::defaults(size) };
    let mut film = Film::new(TileGrid::new(size, 64, 0), RenderSettings::new(draft).expect("valid"));
    let rect = film.grid().rect(TileIndex(0)).expect("one tile");
    let mut planes = TilePlanes::zeroed(rect, layers.planes());
    for plane in layers.planes().iter() {
        let channels = plane.channels();
        for (at, value) in planes.plane_mut(plane).expect("in the set").iter_mut().enumerate() {
            let (pixel, channel) = (at / channels, at % channels);
            let (x, y) = ((pixel % 37) as f32 / 37.0, (pixel / 37) as f32 / 21.0);
            *value = match plane {
                Plane::Alpha | Plane::Hits => 4.0,
                Plane::ObjectId => f32::from_bits(pixel as u32 / 5),
                Plane::MaterialId => f32::from_bits(u32::MAX - pixel as u32),
                Plane::LuminanceSquared => 40.0,
                // Filled below: lists are not made value by value.
                Plane::ObjectRanks | Plane::MaterialRanks => 0.0,
                Plane::Normal | Plane::Motion => x * 8.0 - 4.0 + channel as f32,
                _ => 4.0 * (x * (channel as f32 + 0.5) + y * 0.3 + 0.01),
            };
        }
    }
    for plane in [Plane::ObjectRanks, Plane::MaterialRanks] {
        let lists = planes.plane_mut(plane).expect("in the set").chunks_exact_mut(ranks::RANK_VALUES);
        for (pixel, list) in lists.enumerate() {
            list.copy_from_slice(&ranks::rank([1, pixel as u32 % 5, 1 + pixel as u32 / 400, 3]));
        }
    }
    planes.plane_mut(Plane::Radiance).expect("present")[3 * 40] = 4e9;
    planes.plane_mut(Plane::Hits).expect("present")[41] = 0.0;
    let node = TreeNode { level: 0, index: 0 };
    film.merge(TileIndex(0), Partial { node, planes }).expect("fits");
    film.picture()
}

fn options(layout: Layout, compression: Compression) -> ExrOptions {
    let metadata = vec![("spp".to_owned(), "4".to_owned()), ("scene".to_owned(), "塔".to_owned())];
    let layers = ALL.parse().expect("known names");
    let objects = ["Cube", "塔", "", "Cube"].map(str::to_owned);
    let names = MatteNames::new(&objects, &["Gold".to_owned()]);
    ExrOptions { layers, layout, compression, metadata, names }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn read_back(path: &Path) -> ExrFile {
    read(path, &ReadLimits::default()).expect("just written")
}

#[test]
fn a_picture_comes_back_bit_for_bit() {
    let (folder, picture) = (folder(), picture());
    for compression in [Compression::Zip, Compression::Zips, Compression::None] {
        let path = folder.path().join("a.exr");
        write(&path, &picture, &options(Layout::Comp, compression)).expect("writes");
        let file = read_back(&path);
        let part = &file.parts[0];
        assert_eq!((part.info.width, part.info.height), (37, 21));
        let bits = |name: &str| {
            let samples = part.channel(name).expect("was written");
            (0..samples.len()).map(|at| samples.bits(at)).collect::<Vec<_>>()
        };
        let plane = |plane: Plane, channel: usize| {
            let values = picture.plane(plane).expect("was rendered").iter().skip(channel);
            values.step_by(plane.channels()).map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits("depth.Z"), plane(Plane::Depth, 0));
        assert_eq!(bits("position.Y"), plane(Plane::Position, 1));
        assert_eq!(bits("normal.X"), plane(Plane::Normal, 0));
        assert_eq!(bits("motion.Y"), plane(Plane::Motion, 1));
        assert_eq!(bits("object_id.I"), plane(Plane::ObjectId, 0));
        assert_eq!(bits("material_id.I"), plane(Plane::MaterialId, 0));
        assert_eq!(bits("samples.N"), picture.samples());
        assert_eq!((bits("R"), bits("B")), (bits("noisy.R"), bits("noisy.B")));
        let half = half::f16::from_f32(picture.plane(Plane::Albedo).expect("rendered")[3 * 50 + 1]);
        assert_eq!(bits("albedo.G")[50], u32::from(half.to_bits()));
        assert!(check(&file, &ALL.parse().expect("known")).is_sound());
    }
}

#[test]
fn receipts_are_sealed_for_the_pixels_that_a_reader_finds() {
    let (folder, picture) = (folder(), picture());
    for compression in [Compression::Zip, Compression::Zips, Compression::None, Compression::Dwaa] {
        let path = folder.path().join("a.exr");
        let mut options = options(Layout::Comp, compression);
        if compression == Compression::Dwaa {
            options.layers = "beauty,albedo".parse().expect("known names");
        }
        let mut sealed_for = None;
        let seal = |hash| {
            sealed_for = Some(hash);
            vec![7; 300]
        };
        write_sealed(&path, &picture, &options, seal).expect("writes");
        let mut file = read_back(&path);
        assert_eq!(file.receipts(), Some(&[7; 300][..]));
        assert_eq!(sealed_for, Some(file.pixels_hash()), "{compression:?}");
        let Samples::Half(values) = &mut file.parts[0].samples[1] else { panic!("colours are halves") };
        values[9] = half::f16::from_f32(values[9].to_f32() + 1.0);
        assert_ne!(sealed_for, Some(file.pixels_hash()), "{compression:?}");
    }
}

#[test]
fn bright_lights_stay_finite() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    write(&path, &picture(), &options(Layout::Comp, Compression::Zip)).expect("writes");
    assert_eq!(read_back(&path).parts[0].channel("R").expect("written").number(40), 65504.0);
}

#[test]
fn channels_equal_the_contract() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    write(&path, &picture(), &ExrOptions::default()).expect("writes");
    let info = read_info(&path, &ReadLimits::default()).expect("just written");
    let channels: Vec<_> =
        info.parts[0].channels.iter().map(|channel| format!("{} {}", channel.name, channel.kind)).collect();
    let expected = [
        "A half",
        "B half",
        "G half",
        "R half",
        "albedo.B half",
        "albedo.G half",
        "albedo.R half",
        "depth.Z float",
        "noisy.B half",
        "noisy.G half",
        "noisy.R half",
        "normal.X float",
        "normal.Y float",
        "normal.Z float",
    ];
    assert_eq!(channels, expected);
    assert!(info.to_string().ends_with("layers: beauty,noisy,albedo,normal,depth"), "{info}");
    let empty = ("tessera/pixels_without_samples".to_owned(), "0".to_owned());
    assert!(info.parts[0].attributes.contains(&empty));
    let primaries = "0.64 0.33 0.3 0.6 0.15 0.06 0.3127 0.329";
    assert!(info.parts[0].attributes.contains(&("chromaticities".to_owned(), primaries.to_owned())));
    write(&path, &picture(), &options(Layout::Blender, Compression::Zip)).expect("writes");
    assert_eq!(read_back(&path).info().layers(), Layer::ALL[..12]);
}

/// As Blender writes it when somebody named the view layer; here as many bytes as the name that we write.
#[test]
fn layers_are_found_under_any_view_layers_name() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    write(&path, &picture(), &options(Layout::Blender, Compression::Zip)).expect("writes");
    let mut bytes = std::fs::read(&path).expect("just written");
    let (written, other) = (b"ViewLayer.", "KäseEben.".as_bytes());
    for at in 0..bytes.len() - written.len() {
        if bytes[at..].starts_with(written) {
            bytes[at..at + written.len()].copy_from_slice(other);
        }
    }
    std::fs::write(&path, bytes).expect("writes");
    let info = read_back(&path).info();
    assert_eq!(info.layers(), Layer::ALL[..12]);
    assert!(info.to_string().contains("KäseEben.Combined.R"), "{info}");
}

/// What `exr info` prints of a file with every layer, attributes aside.
#[test]
fn every_layer_is_shown_as_the_contract_has_it() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    write(&path, &picture(), &options(Layout::Comp, Compression::Zip)).expect("writes");
    let info = read_info(&path, &ReadLimits::default()).expect("just written").to_string();
    let shown: Vec<&str> = info.lines().filter(|line| !line.contains(" = ")).collect();
    let mut expected = vec!["37 x 21 px, zip block compression".to_owned()];
    let mut layer = |kind: &str, name: &str, suffixes: &str| {
        expected.extend(suffixes.chars().map(|suffix| format!("  {kind:5}  {name}{suffix}")));
    };
    layer("half", "", "AB");
    for at in 0..4 {
        layer("float", &format!("CryptoMaterial{at:02}."), "abgr");
    }
    for at in 0..4 {
        layer("float", &format!("CryptoObject{at:02}."), "abgr");
    }
    layer("half", "", "GR");
    layer("half", "albedo.", "BGR");
    layer("float", "depth.", "Z");
    layer("uint", "material_id.", "I");
    layer("float", "motion.", "XY");
    layer("half", "noisy.", "BGR");
    layer("float", "normal.", "XYZ");
    layer("uint", "object_id.", "I");
    layer("float", "position.", "XYZ");
    layer("uint", "samples.", "N");
    layer("float", "variance.", "V");
    expected.push(format!("layers: {ALL}"));
    assert_eq!(shown, expected);
}

#[test]
fn mattes_find_the_pixels_of_a_name_and_sum_to_what_was_hit() {
    let (folder, picture) = (folder(), picture());
    let path = folder.path().join("a.exr");
    for (layout, prefix, key) in [(Layout::Comp, "", "3ae39a5"), (Layout::Blender, "ViewLayer.", "542cafa")] {
        write(&path, &picture, &options(layout, Compression::Zip)).expect("writes");
        let part = &read_back(&path).parts[0];
        let attribute = |what: &str| {
            let name = format!("cryptomatte/{key}/{what}");
            let found = part.info.attributes.iter().find(|(other, _)| *other == name);
            found.unwrap_or_else(|| panic!("{name} is not in {:?}", part.info.attributes)).1.as_str()
        };
        assert_eq!(attribute("name"), format!("{prefix}CryptoObject"));
        assert_eq!(attribute("hash"), "MurmurHash3_32");
        assert_eq!(attribute("conversion"), "uint32_to_float32");
        let manifest: serde_json::Value = serde_json::from_str(attribute("manifest")).expect("JSON");
        let names: Vec<_> = manifest.as_object().expect("names").keys().map(String::as_str).collect();
        assert_eq!(names, ["Cube", "Cube.001", "object_3", "塔"]);
        let channel = |rank: usize, coverage: bool| {
            let suffix = ["r", "g", "b", "a"][rank % 2 * 2 + usize::from(coverage)];
            part.channel(&format!("{prefix}CryptoObject{:02}.{suffix}", rank / 2)).expect("written")
        };
        let matte = |name: &str, pixel: usize| -> f32 {
            let id = u32::from_str_radix(manifest[name].as_str().expect("hex"), 16).expect("hex");
            let of_rank =
                |rank| (channel(rank, false).bits(pixel) == id).then(|| channel(rank, true).number(pixel));
            (0..ranks::RANKS).filter_map(of_rank).sum()
        };
        // Samples of pixel 7: objects 1, 2, 1, 3; of pixel 405: 1, nothing, 2, 3.
        assert_eq!((matte("Cube", 7), matte("塔", 7), matte("object_3", 7)), (0.5, 0.25, 0.25));
        assert_eq!((matte("Cube", 405), matte("塔", 405), matte("Cube.001", 405)), (0.25, 0.25, 0.0));
        for (pixel, hit) in [(7, 1.0), (405, 0.75)] {
            assert_eq!(names.iter().map(|name| matte(name, pixel)).sum::<f32>(), hit, "pixel {pixel}");
        }
        assert_eq!(channel(7, false).number(7), 0.0);
    }
}

#[test]
fn blenders_vector_points_back_and_up() {
    let (folder, picture) = (folder(), picture());
    let path = folder.path().join("a.exr");
    write(&path, &picture, &options(Layout::Blender, Compression::Zip)).expect("writes");
    let file = read_back(&path);
    let channel = |name: &str| file.parts[0].channel(name).expect("written").number(5);
    let motion = &picture.plane(Plane::Motion).expect("rendered")[2 * 5..];
    assert_eq!((channel("ViewLayer.Vector.X"), channel("ViewLayer.Vector.Y")), (-motion[0], motion[1]));
}

#[test]
fn equal_pictures_are_equal_files_and_name_nobody() {
    let folder = folder();
    let bytes = |name: &str| {
        let path = folder.path().join(name);
        write(&path, &picture(), &options(Layout::Comp, Compression::Zip)).expect("writes");
        fs::read(path).expect("just written")
    };
    let first = bytes("a.exr");
    assert!((0..4).all(|at| bytes(&format!("b{at}.exr")) == first));
    let folder = folder.path().to_str().expect("plain text").as_bytes().to_vec();
    assert!(!first.windows(folder.len()).any(|window| window == folder));
}

#[test]
fn dwaa_never_changes_data() {
    let (folder, picture) = (folder(), picture());
    let path = folder.path().join("a.exr");
    let refused = write(&path, &picture, &options(Layout::Comp, Compression::Dwaa));
    let sentence = refused.expect_err("normals have a Y").to_string();
    let kept = "beauty,noisy,albedo,depth,object_id,material_id,variance,samples,cryptomatte";
    assert!(sentence.contains("the numbers in normal,position,motion;"), "{sentence}");
    assert!(sentence.ends_with(&format!("leave them out with --layers {kept}")), "{sentence}");
    assert_eq!(fs::read_dir(folder.path()).expect("exists").count(), 0);
    let layers = "beauty,albedo,depth,object_id,variance,samples,cryptomatte".parse().expect("known");
    write(&path, &picture, &ExrOptions { layers, ..options(Layout::Comp, Compression::Dwaa) })
        .expect("writes");
    let lossy = read_back(&path);
    write(&path, &picture, &options(Layout::Comp, Compression::Zip)).expect("writes");
    let exact = read_back(&path);
    let mattes = Layer::Cryptomatte.channel_names(Layout::Comp);
    for name in ["depth.Z", "object_id.I", "variance.V", "samples.N"]
        .into_iter()
        .chain(mattes.iter().map(String::as_str))
    {
        assert_eq!(lossy.parts[0].channel(name), exact.parts[0].channel(name), "{name}");
    }
}

#[test]
fn a_layer_that_was_not_rendered_is_named() {
    let folder = folder();
    let size = FrameSize::new(8, 8).expect("in range");
    let settings = RenderSettings::new(SettingsDraft::defaults(size)).expect("valid");
    let picture = Film::new(TileGrid::new(size, 8, 0), settings).picture();
    let options = options(Layout::Comp, Compression::Zip);
    let refused = write(&folder.path().join("a.exr"), &picture, &options);
    assert!(matches!(refused, Err(ExrError::LayerNotRendered(Layer::Position))), "{refused:?}");
}

#[test]
fn a_failed_write_leaves_what_was_there() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    write(&path, &picture(), &ExrOptions::default()).expect("writes");
    let before = fs::read(&path).expect("just written");
    let fill = |_: &mut fs::File| Err(atomic::fault(std::io::ErrorKind::StorageFull.into()));
    assert!(matches!(atomic::replace_file(&path, fill), Err(ExrError::DiskFull)));
    assert_eq!(fs::read(&path).expect("still there"), before);
    assert_eq!(fs::read_dir(folder.path()).expect("exists").count(), 1);
    let nowhere = folder.path().join("missing").join("a.exr");
    assert!(matches!(write(&nowhere, &picture(), &ExrOptions::default()), Err(ExrError::Write(_))));
}

#[test]
fn limits_hold_before_memory_is_asked_for() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    write(&path, &picture(), &ExrOptions::default()).expect("writes");
    let default = ReadLimits::default();
    let tight = [
        ReadLimits { side_px_max: 36, ..default },
        ReadLimits { channels_max: 13, ..default },
        ReadLimits { samples_bytes_max: 1000, ..default },
        ReadLimits { file_bytes_max: 1000, ..default },
    ];
    for limits in tight {
        assert!(matches!(read(&path, &limits), Err(ExrError::TooLarge { .. })), "{limits:?}");
    }
}

/// The contract's largest frame with its usual layers takes 5.4 GB; a header alone is enough to be measured by the limits.
#[test]
fn a_frame_of_16384_by_9216_with_its_usual_layers_is_within_the_limits() {
    let (width, height) = (16_384, 9_216);
    let bytes_per_pixel = 36;
    let limits = ReadLimits::default();
    assert!(limits.side_px_max >= width && limits.samples_bytes_max >= width * height * bytes_per_pixel);
    assert!(limits.file_bytes_max >= limits.samples_bytes_max, "stored without compression it is as large");
}

#[test]
fn a_picture_that_no_memory_holds_is_refused_before_it_is_asked_for() {
    assert!(ask_memory(1 << 20).is_ok());
    let refused = ask_memory(1 << 50).expect_err("a pebibyte");
    assert!(matches!(refused, ExrError::NoMemory(mebibytes) if mebibytes == 1 << 30), "{refused:?}");
}

#[test]
fn unfinished_and_broken_pictures_are_reported() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    let size = FrameSize::new(8, 8).expect("in range");
    let settings = RenderSettings::new(SettingsDraft::defaults(size)).expect("valid");
    let unfinished = Film::new(TileGrid::new(size, 8, 0), settings).picture();
    write(&path, &unfinished, &ExrOptions::default()).expect("writes");
    let mut file = read_back(&path);
    let report = check(&file, &"beauty,motion".parse().expect("known"));
    assert_eq!((report.pixels_without_samples, &report.missing_layers[..]), (Some(64), &["motion"][..]));
    let depth = file.parts[0].info.channels.iter().position(|channel| channel.name == "depth.Z");
    file.parts[0].samples[depth.expect("default layer")] =
        Samples::Float(vec![f32::NAN, -1.0, f32::INFINITY]);
    let report = check(&file, &Layers::default());
    assert_eq!((report.nan, report.negative, report.infinite), (1, 1, 1));
    assert_eq!(report.bad_channels, ["depth.Z"]);
}

#[test]
fn a_single_bit_is_found() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    write(&path, &picture(), &ExrOptions::default()).expect("writes");
    let one = read_back(&path);
    let same = compare::compare(&one, &one).expect("same size");
    assert!(same.identical && same.error.relmse_all == 0.0 && same.error.psnr == 99.0);
    let mut other = one.clone();
    let depth = one.parts[0].info.channels.iter().position(|channel| channel.name == "depth.Z");
    let Samples::Float(values) = &mut other.parts[0].samples[depth.expect("written")] else {
        panic!("depth is float")
    };
    values[38] = f32::from_bits(values[38].to_bits() ^ 1);
    let found = compare::compare(&one, &other).expect("same size");
    let difference = found.first_difference.expect("one bit");
    assert_eq!((difference.channel.as_str(), difference.x, difference.y), ("depth.Z", 1, 1));
}

#[test]
fn the_unfinished_name_is_the_contracts() {
    assert_eq!(partial_path(Path::new("out/shot.0001.exr")), Path::new("out/shot.0001.partial.exr"));
    assert_eq!(partial_path(Path::new("shot.0001")), Path::new("shot.0001.partial.exr"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn hostile_bytes_never_panic(
        which in 0usize..10, cut in any::<prop::sample::Index>(), truncate in any::<bool>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8, any::<bool>()), 0..6),
    ) {
        let mut bytes = corpus()[which].clone();
        let header = bytes.len().min(700);
        for (at, bit, anywhere) in flips {
            let at = at.index(if anywhere { bytes.len() } else { header });
            bytes[at] ^= 1 << bit;
        }
        if truncate {
            bytes.truncate(cut.index(bytes.len()));
        }
        let limits = ReadLimits { samples_bytes_max: 64 << 20, ..ReadLimits::default() };
        if let Ok(mut bands) = Bands::of(std::io::Cursor::new(&bytes), bytes.len() as u64, &limits) {
            let _ = bands.read(3..11);
        }
        if let Ok(file) = read_bytes(&bytes, &limits) {
            check(&file, &Layers::default());
        }
    }
}

/// Found by the property above: the codec asked for this much memory and the program was aborted.
#[test]
fn a_block_that_claims_a_terabyte_is_refused() {
    let mut bytes = corpus()[0].clone();
    let counters = [2u64.to_le_bytes(), 0u64.to_le_bytes()];
    // A block starts with version 2; the size of its first section comes next and is not 0, for depth is in it.
    let at = bytes.windows(8).rposition(|window| window == counters[0]).expect("a block of version 2");
    assert_ne!(bytes[at + 8..at + 16], counters[1]);
    bytes[at + 8..at + 16].copy_from_slice(&(1u64 << 40).to_le_bytes());
    let refused = read_bytes(&bytes, &ReadLimits::default());
    assert!(matches!(&refused, Err(ExrError::Malformed(why)) if why.contains("claims")), "{refused:?}");
}

/// One small file for each codec of ours, and tiled ones for each that other programs use.
fn corpus() -> &'static [Vec<u8>] {
    static CORPUS: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    CORPUS.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("a.exr");
        let ours = [Compression::Dwaa, Compression::Zip, Compression::Zips, Compression::None];
        let ours = ours.map(|compression| {
            let layers = "beauty,depth,object_id".parse().expect("known");
            let options = ExrOptions { layers, compression, ..ExrOptions::default() };
            write(&path, &picture(), &options).expect("writes");
            fs::read(&path).expect("just written")
        });
        use ::exr::prelude::Compression::{B44, B44A, DWAB, PIZ, PXR24, RLE};
        let foreign = [PIZ, PXR24, B44, B44A, RLE, DWAB(None)].map(foreign_file);
        ours.into_iter().chain(foreign).collect()
    })
}

fn foreign_file(compression: ::exr::prelude::Compression) -> Vec<u8> {
    use ::exr::prelude::*;
    let blocks = Blocks::Tiles(Vec2(16, 8));
    let encoding = Encoding { compression, blocks, line_order: LineOrder::Increasing };
    let samples = |scale: f32| (0..37 * 21).map(move |at| at as f32 * scale);
    let halves = |scale| FlatSamples::F16(samples(scale).map(f16::from_f32).collect());
    let channels = AnyChannels::sort(
        vec![
            AnyChannel::new("R", halves(0.01)),
            AnyChannel::new("G", halves(0.02)),
            AnyChannel::new("B", halves(0.005)),
            AnyChannel::new("Z", FlatSamples::F32(samples(0.3).collect())),
        ]
        .into(),
    );
    let layer = Layer::new((37, 21), LayerAttributes::default(), encoding, channels);
    let mut bytes = std::io::Cursor::new(Vec::new());
    Image::from_layer(layer).write().to_buffered(&mut bytes).expect("memory is enough");
    bytes.into_inner()
}

#[test]
fn other_programs_codecs_and_tiles_are_read() {
    for bytes in corpus() {
        let file = read_bytes(bytes, &ReadLimits::default()).expect("sound");
        let colours = file.colours().expect("has R, G, B");
        assert_eq!((colours.width, colours.height, colours.rgba.len()), (37, 21, 37 * 21 * 4));
    }
}

/// A grey picture of 3×2 pixels that begins at this place of a window of this size, with pixels of this shape.
fn placed(place: (i32, i32), window: (usize, usize), aspect: f32) -> ExrFile {
    use ::exr::prelude::*;
    let channel = |name: &str| AnyChannel::new(name, FlatSamples::F32(vec![0.5; 6]));
    let channels = ["R", "G", "B"].map(channel).to_vec();
    let mut image = Image::from_channels((3, 2), AnyChannels::sort(channels.into()));
    image.layer_data.attributes.layer_position = Vec2(place.0, place.1);
    image.attributes.display_window = IntegerBounds::new((0, 0), window);
    image.attributes.pixel_aspect = aspect;
    let mut bytes = Vec::new();
    image.write().to_buffered(std::io::Cursor::new(&mut bytes)).expect("it can be written");
    read_bytes(&bytes, &ReadLimits::default()).expect("it is one")
}

#[test]
fn a_file_that_ends_too_soon_is_told_so_and_not_in_the_codecs_words() {
    let folder = folder();
    let path = folder.path().join("a.exr");
    write(&path, &picture(), &ExrOptions::default()).expect("it can be written");
    let bytes = fs::read(&path).expect("it is there");
    for kept in [bytes.len() - 1, bytes.len() - 1000, bytes.len() / 2] {
        let refused = read_bytes(&bytes[..kept], &ReadLimits::default()).err();
        assert!(matches!(&refused, Some(ExrError::Malformed(why)) if why.contains("ends")), "{refused:?}");
    }
    // A version of the format that is not yet.
    let mut later = bytes;
    later[4] = 9;
    let refused = read_bytes(&later, &ReadLimits::default()).err();
    assert!(matches!(&refused, Some(ExrError::Unsupported(_))), "{refused:?}");
}

#[test]
fn pictures_that_lie_at_other_places_are_not_the_same() {
    let here = placed((1, 1), (9, 9), 1.0);
    let same = compare::compare(&here, &placed((1, 1), (9, 9), 1.0)).expect("they are of one size");
    assert!(same.identical && !same.placed_apart);
    for other in [placed((2, 1), (9, 9), 1.0), placed((1, 1), (9, 8), 1.0), placed((1, 1), (9, 9), 2.0)] {
        let found = compare::compare(&here, &other).expect("they are of one size");
        assert!(!found.identical && found.placed_apart && found.first_difference.is_none());
    }
}

#[test]
fn a_picture_that_lies_elsewhere_than_its_window_says_where() {
    let read = |place: (i32, i32), window: (usize, usize), aspect: f32| {
        let part = placed(place, window, aspect).info().parts.remove(0);
        part.placement().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>()
    };
    assert!(read((0, 0), (3, 2), 1.0).is_empty(), "as everybody takes it");
    assert_eq!(
        read((-1, 5), (9, 9), 2.0),
        ["dataWindow -1 5 to 1 6", "displayWindow 0 0 to 8 8", "pixelAspectRatio 2"]
    );
}
