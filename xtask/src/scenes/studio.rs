//! The demo scene: a ribbon of stones lifts off a round mosaic and winds up around a vase, among a lacquered, a glass, a mirror and a
//! golden thing, under three soft boxes. 24 frames at 24 a second turn the swirl.
//!
//! It shows each kind of surface once, uses instancing, embedded texture, animation, and keeps every light large so that
//! few samples already make a calm picture.

use std::f64::consts::{PI, TAU};

use anyhow::Result;
use glam::{DQuat, DVec2, DVec3};
use serde_json::{Value, json};

use super::glb::Glb;
use super::mosaic;
use super::shape;

const EXTENSIONS: &[&str] = &[
    "EXT_mesh_gpu_instancing",
    "KHR_materials_clearcoat",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_transmission",
    "KHR_materials_volume",
];

/// Height of the round plinth that carries everything, metres.
const PLINTH: f64 = 0.1;
const PLINTH_RADIUS: f64 = 2.35;
/// Where the vase stands and the swirl turns.
const VASE: DVec3 = DVec3::new(-0.1, PLINTH, -0.55);
const ROWS: u32 = 3;
const STONES: u32 = 86 * ROWS;
const STONE_PITCH: f64 = 0.105;
/// Where around the vase the ribbon of stones begins, radians from +x towards the camera, and how often it turns.
const RIBBON_START: f64 = 1.75;
const RIBBON_TURNS: f64 = 1.47;

/// The scene's bytes.
pub(super) fn glb() -> Result<Vec<u8>> {
    let mut glb = Glb::new("Studio");
    let mut roots = room(&mut glb)?;
    roots.extend(still_life(&mut glb));
    let swirl = swirl(&mut glb);
    let knot = golden_knot(&mut glb);
    roots.extend([swirl, knot]);
    animate(&mut glb, swirl, knot);
    roots.push(camera(&mut glb));
    glb.finish(&roots, EXTENSIONS)
}

/// Sweep, plinth with its mosaic, and the soft boxes.
fn room(glb: &mut Glb) -> Result<Vec<usize>> {
    let paper = matte(glb, "paper", [0.46, 0.49, 0.485], 0.95);
    let sweep = glb.add_geometry(&shape::sweep(30.0, 14.0, 9.0, 3.5, 20));
    let sweep = glb.add_mesh("sweep", &sweep, paper);
    let rim = glb.add_geometry(&shape::turned(72, 4, |at| {
        let turn = (at * 1.25 - 0.25).max(0.0) * PI / 2.0;
        let height = if at < 0.2 { at / 0.2 * (PLINTH - 0.04) } else { PLINTH - 0.04 + 0.04 * turn.sin() };
        DVec2::new(PLINTH_RADIUS + 0.04 * turn.cos(), height)
    }));
    let mortar = matte(glb, "mortar", [0.17, 0.145, 0.12], 0.8);
    let rim = glb.add_mesh("rim", &rim, mortar);
    let texture = glb.add_picture("mosaic", &mosaic::png()?);
    let stones = glb.add(
        "materials",
        json!({"name": "mosaic", "pbrMetallicRoughness":
            {"baseColorTexture": {"index": texture}, "metallicFactor": 0.0, "roughnessFactor": 0.38}}),
    );
    let disc = glb.add_geometry(&shape::disc(72));
    let disc = glb.add_mesh("mosaic", &disc, stones);
    let mut nodes = vec![
        node(glb, "sweep", sweep, DVec3::new(0.0, 0.0, 9.0), DQuat::IDENTITY, 1.0),
        node(glb, "rim", rim, DVec3::ZERO, DQuat::IDENTITY, 1.0),
        node(glb, "mosaic", disc, DVec3::Y * PLINTH, DQuat::IDENTITY, PLINTH_RADIUS),
    ];
    nodes.extend(soft_boxes(glb));
    Ok(nodes)
}

fn soft_boxes(glb: &mut Glb) -> Vec<usize> {
    let boxes = [
        ("key", [1.0, 0.93, 0.83], 11.0, DVec2::new(3.4, 3.4), DVec3::new(-4.6, 5.4, 4.2)),
        ("rim light", [0.78, 0.88, 1.0], 9.0, DVec2::new(1.6, 4.0), DVec3::new(5.6, 3.6, -1.2)),
        ("sky", [1.0, 0.98, 0.95], 2.6, DVec2::new(6.0, 4.0), DVec3::new(0.6, 7.0, 0.4)),
    ];
    let mut nodes = Vec::new();
    for (name, colour, radiance, size, place) in boxes {
        let material = glb.add(
            "materials",
            json!({"name": name, "emissiveFactor": colour,
                "pbrMetallicRoughness": {"baseColorFactor": [0.0, 0.0, 0.0, 1.0], "metallicFactor": 0.0},
                "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": radiance}}}),
        );
        let plate = glb.add_geometry(&shape::plate(size.x, size.y));
        let mesh = glb.add_mesh(name, &plate, material);
        let aim = DVec3::new(0.0, 0.6, 0.0) - place;
        nodes.push(node(glb, name, mesh, place, DQuat::from_rotation_arc(DVec3::Y, aim.normalize()), 1.0));
    }
    nodes
}

/// Everything that stands still on the plinth.
fn still_life(glb: &mut Glb) -> Vec<usize> {
    let vase = glb.add_geometry(&shape::turned(40, 34, vase_profile));
    let ball = glb.add_geometry(&shape::ball(40, 20));
    let block = glb.add_geometry(&shape::rounded_box(DVec3::new(0.46, 0.17, 0.46), 0.035, 3));
    let glaze = coated(glb, "ink glaze", [0.012, 0.052, 0.075], 0.5, 0.08);
    let lacquer = coated(glb, "vermilion lacquer", [0.62, 0.055, 0.022], 0.42, 0.02);
    let mirror = metal(glb, "mirror", [0.93, 0.93, 0.94], 0.03);
    let clay = matte(glb, "clay", [0.76, 0.60, 0.42], 0.9);
    let slate = matte(glb, "slate", [0.075, 0.08, 0.09], 0.55);
    let glass = glass(glb);
    let standing = [
        ("vase", &vase, glaze, VASE, 1.0),
        ("lacquered ball", &ball, lacquer, DVec3::new(-1.32, PLINTH + 0.5, 0.38), 0.5),
        ("mirror ball", &ball, mirror, DVec3::new(-0.98, PLINTH + 0.23, 1.16), 0.23),
        ("clay ball", &ball, clay, DVec3::new(-0.62, PLINTH + 0.14, 1.42), 0.14),
        ("glass ball", &ball, glass, DVec3::new(0.78, PLINTH + 0.34 + 0.38, 0.82), 0.38),
    ];
    let mut nodes = Vec::new();
    for (name, geometry, material, place, size) in standing {
        let mesh = glb.add_mesh(name, geometry, material);
        nodes.push(node(glb, name, mesh, place, DQuat::IDENTITY, size));
    }
    let mesh = glb.add_mesh("block", &block, slate);
    let turned = DQuat::from_rotation_y(0.42);
    nodes.push(node(glb, "block", mesh, DVec3::new(0.78, PLINTH + 0.17, 0.82), turned, 1.0));
    nodes
}

/// Radius and height along the vase, from the middle of its foot over the lip to its dark inside.
fn vase_profile(at: f64) -> DVec2 {
    const POINTS: [(f64, f64); 13] = [
        (0.0, 0.0),
        (0.2, 0.0),
        (0.25, 0.03),
        (0.31, 0.25),
        (0.44, 0.68),
        (0.45, 0.98),
        (0.27, 1.36),
        (0.17, 1.6),
        (0.2, 1.79),
        (0.27, 1.9),
        (0.25, 1.905),
        (0.17, 1.78),
        (0.13, 1.55),
    ];
    let along = at.clamp(0.0, 1.0) * (POINTS.len() - 1) as f64;
    let (index, _) = (0..POINTS.len() - 1)
        .map(|one| (one, one as f64))
        .rfind(|&(_, start)| start <= along)
        .unwrap_or((0, 0.0));
    let point = |step: usize| DVec2::from(POINTS[(index + step).saturating_sub(1).min(POINTS.len() - 1)]);
    let (a, b, c, d) = (point(0), point(1), point(2), point(3));
    let t = along - index as f64;
    // Catmull and Rom's spline: through every point, with the slope of its neighbours.
    0.5 * (2.0 * b
        + (c - a) * t
        + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
        + (3.0 * b - a - 3.0 * c + d) * t * t * t)
}

/// The stones, four instanced meshes under one turning node.
fn swirl(glb: &mut Glb) -> usize {
    let stone = glb.add_geometry(&shape::rounded_box(DVec3::new(0.5, 0.22, 0.5), 0.07, 2));
    let materials = [
        coated(glb, "cream stone", [0.80, 0.70, 0.56], 0.35, 0.1),
        coated(glb, "teal stone", [0.025, 0.20, 0.21], 0.35, 0.1),
        coated(glb, "coral stone", [0.58, 0.10, 0.04], 0.35, 0.1),
        metal(glb, "golden stone", [1.0, 0.72, 0.32], 0.24),
    ];
    let mut children = Vec::new();
    for (kind, material) in (0..).zip(materials) {
        let places: Vec<Placed> = (0..STONES).filter(|&one| kind_of(one) == kind).map(stone_at).collect();
        let mesh = glb.add_mesh("stone", &stone, material);
        let translation = glb.add_vectors(&places.iter().map(|one| one.at).collect::<Vec<_>>(), false);
        let rotation = glb.add_rotations(&places.iter().map(|one| one.turn).collect::<Vec<_>>());
        let scale =
            glb.add_vectors(&places.iter().map(|one| DVec3::splat(one.size)).collect::<Vec<_>>(), false);
        let attributes = json!({"TRANSLATION": translation, "ROTATION": rotation, "SCALE": scale});
        children.push(glb.add(
            "nodes",
            json!({"name": "stones", "mesh": mesh, "extensions": {"EXT_mesh_gpu_instancing": {"attributes": attributes}}}),
        ));
    }
    glb.add("nodes", json!({"name": "swirl", "translation": rounded(VASE.to_array()), "children": children}))
}

struct Placed {
    at: DVec3,
    turn: DQuat,
    size: f64,
}

/// Stone by stone, three abreast: a ribbon that lies on the floor in front, rises around the vase and frays at its end.
fn stone_at(stone: u32) -> Placed {
    let (step, row) = (stone / ROWS, stone % ROWS);
    let chance = |salt: u32| f64::from(mosaic::hash(stone * 16 + salt) % 4096) / 4096.0 - 0.5;
    let along = f64::from(step) / f64::from(STONES / ROWS - 1);
    let angle = RIBBON_START - along * RIBBON_TURNS * TAU;
    let outward = DVec3::new(angle.cos(), 0.0, angle.sin());
    let forward = DVec3::new(angle.sin(), 0.0, -angle.cos());
    let standing = smooth((along - 0.03) / 0.2) * 1.35;
    let face = DVec3::Y * standing.cos() + outward * standing.sin();
    let across = face.cross(forward).normalize();
    let fray = smooth((along - 0.72) / 0.28);
    let radius = 0.6 + 1.35 * (1.0 - along).powf(4.5) + 0.25 * fray;
    let height = 0.02 + 2.42 * smooth((along + 0.06) / 1.5);
    let drift = DVec3::new(chance(1), chance(2), chance(3)) * fray * 0.5;
    let tilt = 0.16 + 1.8 * fray;
    let lean = DQuat::from_rotation_x(chance(4) * tilt) * DQuat::from_rotation_z(chance(5) * tilt);
    let frame = DQuat::from_mat3(&glam::DMat3::from_cols(across, face, across.cross(face)));
    let beside = across * (f64::from(row) - f64::from(ROWS - 1) / 2.0) * STONE_PITCH;
    Placed {
        at: outward * radius + DVec3::Y * height + beside + drift,
        turn: (frame * lean).normalize(),
        size: STONE_PITCH * (0.86 + 0.12 * chance(6)) * (1.0 - 0.35 * fray),
    }
}

/// From 0 at 0 to 1 at 1, level at both ends.
fn smooth(at: f64) -> f64 {
    let at = at.clamp(0.0, 1.0);
    at * at * (3.0 - 2.0 * at)
}

/// Teal borders with cream, a coral middle, and gold now and then.
fn kind_of(stone: u32) -> u32 {
    let chance = mosaic::hash(stone + 77) % 10;
    match (stone % ROWS, chance) {
        (_, 0) => 3,
        (1, 1..=5) => 2,
        (1, _) => 0,
        (_, 1..=6) => 1,
        _ => 0,
    }
}

fn golden_knot(glb: &mut Glb) -> usize {
    let gold = metal(glb, "gold", [1.0, 0.71, 0.30], 0.17);
    let knot = glb.add_geometry(&shape::knot(2.0, 3.0, 0.17, 132, 12));
    let mesh = glb.add_mesh("knot", &knot, gold);
    node(glb, "knot", mesh, DVec3::new(1.62, PLINTH + 0.70, -0.42), knot_turn(0.0), 0.62)
}

fn knot_turn(angle: f64) -> DQuat {
    DQuat::from_rotation_y(-0.5 + angle) * DQuat::from_rotation_x(-0.15)
}

/// One second: the swirl turns by a sixth of a circle, the knot by a third.
fn animate(glb: &mut Glb, swirl: usize, knot: usize) {
    let times = [0.0, 0.25, 0.5, 0.75, 1.0];
    let input = glb.add_times(&times);
    let turns =
        [times.map(|at| DQuat::from_rotation_y(at * TAU / 6.0)), times.map(|at| knot_turn(at * TAU / 3.0))];
    let outputs = turns.map(|turn| glb.add_rotations(&turn));
    let samplers = outputs.map(|output| json!({"input": input, "output": output, "interpolation": "LINEAR"}));
    let channels: Vec<Value> = [swirl, knot]
        .iter()
        .enumerate()
        .map(|(sampler, target)| json!({"sampler": sampler, "target": {"node": target, "path": "rotation"}}))
        .collect();
    glb.add("animations", json!({"name": "turn", "samplers": samplers, "channels": channels}));
}

fn camera(glb: &mut Glb) -> usize {
    let (eye, aim) = (DVec3::new(0.35, 2.5, 8.8), DVec3::new(0.06, 0.88, 0.0));
    let back = (eye - aim).normalize();
    let side = DVec3::Y.cross(back).normalize();
    let turn = DQuat::from_mat3(&glam::DMat3::from_cols(side, back.cross(side), back));
    let lens = json!({"type": "perspective", "perspective": {"yfov": 0.37, "aspectRatio": 16.0 / 9.0, "znear": 0.1}});
    let camera = glb.add("cameras", lens);
    glb.add(
        "nodes",
        json!({"name": "camera", "camera": camera, "translation": rounded(eye.to_array()), "rotation": rounded(turn.to_array())}),
    )
}

fn matte(glb: &mut Glb, name: &str, colour: [f64; 3], roughness: f64) -> usize {
    surface(glb, name, colour, 0.0, roughness, json!({}))
}

fn metal(glb: &mut Glb, name: &str, colour: [f64; 3], roughness: f64) -> usize {
    surface(glb, name, colour, 1.0, roughness, json!({}))
}

fn coated(glb: &mut Glb, name: &str, colour: [f64; 3], roughness: f64, coat_roughness: f64) -> usize {
    let coat = json!({"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": coat_roughness});
    surface(glb, name, colour, 0.0, roughness, json!({"KHR_materials_clearcoat": coat}))
}

fn glass(glb: &mut Glb) -> usize {
    let extensions = json!({
        "KHR_materials_transmission": {"transmissionFactor": 1.0},
        "KHR_materials_ior": {"ior": 1.5},
        "KHR_materials_volume": {"thicknessFactor": 0.76, "attenuationColor": [0.55, 0.9, 0.88], "attenuationDistance": 0.8},
    });
    surface(glb, "sea glass", [1.0; 3], 0.0, 0.0, extensions)
}

fn surface(
    glb: &mut Glb,
    name: &str,
    colour: [f64; 3],
    metallic: f64,
    roughness: f64,
    extensions: Value,
) -> usize {
    let [red, green, blue] = colour;
    let base = json!({"baseColorFactor": [red, green, blue, 1.0], "metallicFactor": metallic, "roughnessFactor": roughness});
    let mut material = json!({"name": name, "pbrMetallicRoughness": base});
    if extensions.as_object().is_some_and(|some| !some.is_empty()) {
        material["extensions"] = extensions;
    }
    glb.add("materials", material)
}

fn node(glb: &mut Glb, name: &str, mesh: usize, place: DVec3, turn: DQuat, size: f64) -> usize {
    glb.add(
        "nodes",
        json!({"name": name, "mesh": mesh, "translation": rounded(place.to_array()), "rotation": rounded(turn.to_array()),
            "scale": [size, size, size]}),
    )
}

/// Six decimals: far below what can be seen, far above where one system's sine differs from another's.
fn rounded<const N: usize>(values: [f64; N]) -> Vec<f64> {
    values.iter().map(|value| (value * 1e6).round() / 1e6 + 0.0).collect()
}
