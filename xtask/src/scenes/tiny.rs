//! A scene small enough for any test: a lit box on a plate, seen by one camera. No texture, no extension but emission.

use anyhow::Result;
use glam::DVec3;
use serde_json::json;

use super::glb::Glb;
use super::shape;

/// The scene's bytes.
pub(super) fn glb() -> Result<Vec<u8>> {
    let mut glb = Glb::new("Tiny");
    let clay = glb.add(
        "materials",
        json!({"name": "clay", "pbrMetallicRoughness":
        {"baseColorFactor": [0.7, 0.42, 0.3, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.6}}),
    );
    let floor = glb.add(
        "materials",
        json!({"name": "floor", "pbrMetallicRoughness":
        {"baseColorFactor": [0.6, 0.62, 0.65, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.9}}),
    );
    let lamp = glb.add(
        "materials",
        json!({"name": "lamp", "emissiveFactor": [1.0, 0.95, 0.85],
        "pbrMetallicRoughness": {"baseColorFactor": [0.0, 0.0, 0.0, 1.0], "metallicFactor": 0.0},
        "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": 6.0}}}),
    );
    let block = glb.add_geometry(&shape::rounded_box(DVec3::splat(0.5), 0.12, 2));
    let block = glb.add_mesh("block", &block, clay);
    let plate = glb.add_geometry(&shape::plate(6.0, 6.0));
    let ground = glb.add_mesh("floor", &plate, floor);
    let light = glb.add_mesh("lamp", &plate, lamp);
    let camera = glb.add(
        "cameras",
        json!({"type": "perspective", "perspective": {"yfov": 0.6, "aspectRatio": 4.0 / 3.0, "znear": 0.1}}),
    );
    let roots = [
        glb.add("nodes", json!({"name": "floor", "mesh": ground})),
        // Half a turn about z lets the plate shine down; a quarter of the size is enough of a lamp.
        glb.add(
            "nodes",
            json!({"name": "lamp", "mesh": light, "translation": [0.5, 3.0, 0.5],
            "rotation": [0.0, 0.0, 1.0, 0.0], "scale": [0.25, 1.0, 0.25]}),
        ),
        glb.add(
            "nodes",
            json!({"name": "block", "mesh": block, "translation": [0.0, 0.5, 0.0],
            "rotation": [0.0, 0.258_819, 0.0, 0.965_926]}),
        ),
        glb.add(
            "nodes",
            json!({"name": "camera", "camera": camera, "translation": [0.0, 1.5, 4.0],
            "rotation": [-0.130_526, 0.0, 0.0, 0.991_445]}),
        ),
    ];
    glb.finish(&roots, &["KHR_materials_emissive_strength"])
}
