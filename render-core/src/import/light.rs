//! Lights of `KHR_lights_punctual`: candela and lux are taken one to one.

use glam::{DAffine3, DVec3, Vec3};
use gltf::json::Root;
use gltf::json::extensions::scene::khr_lights_punctual::{Light as JsonLight, Type};
use gltf::json::validation::Checked::Valid;

use super::fault::{ImportError, Warnings, broken, place_of};
use super::notes::Notes;
use super::tree::Tree;
use crate::scene::{Light, LightKind};

/// What a light's extras call the radius of its disc, metres.
const RADIUS_NOTE: &str = "tessera_radius";

/// What a directional light's extras call the angle under which it is seen, radians.
const ANGLE_NOTE: &str = "tessera_angle";

/// A light of the default scene.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lamp {
    pub(super) node: usize,
    kind: LightKind,
    color: Vec3,
    size: f32,
}

pub(super) fn lamps(root: &Root, tree: &Tree, warnings: &mut Warnings) -> Result<Vec<Lamp>, ImportError> {
    let all = root.extensions.as_ref().and_then(|all| all.khr_lights_punctual.as_ref());
    let all = all.map(|all| all.lights.as_slice()).unwrap_or_default();
    let mut lamps = Vec::new();
    for &node in &tree.visible {
        let Some(index) = tree.nodes[node].light else { continue };
        lamps.extend(read(
            &all[index],
            node,
            &place_of("light", index, all[index].name.as_deref()),
            warnings,
        )?);
    }
    Ok(lamps)
}

impl Lamp {
    pub(super) fn placed(&self, world: &DAffine3) -> Light {
        let direction = (-world.matrix3.z_axis).try_normalize().unwrap_or(DVec3::NEG_Z);
        Light {
            kind: self.kind,
            color: self.color,
            position: world.translation.as_vec3(),
            direction: direction.as_vec3(),
            size: self.size,
            sweep: None,
        }
    }

    pub(super) fn shines(&self) -> bool {
        self.color.max_element() > 0.0
    }
}

fn read(
    json: &JsonLight,
    node: usize,
    place: &str,
    warnings: &mut Warnings,
) -> Result<Option<Lamp>, ImportError> {
    let color = Vec3::from(json.color) * json.intensity;
    if !color.is_finite() {
        return Err(broken(place, "its colour or intensity is not finite"));
    }
    if color.min_element() < 0.0 {
        warnings.warn(place, "its colour or intensity is negative and is taken as zero");
    }
    let color = color.max(Vec3::ZERO);
    if json.range.is_some() {
        warnings.notice(place, "its range is not used, because real light has none");
    }
    let kind = match &json.type_ {
        Valid(Type::Directional) => LightKind::Directional,
        Valid(Type::Point) => LightKind::Point,
        Valid(Type::Spot) => {
            let (inner, outer) = json.spot.as_ref().map_or((0.0, std::f32::consts::FRAC_PI_4), |spot| {
                (spot.inner_cone_angle, spot.outer_cone_angle)
            });
            match cone(inner, outer) {
                Some(kind) => kind,
                None => {
                    warnings.warn(place, "its cone has no width, so it is left out");
                    return Ok(None);
                }
            }
        }
        _ => {
            warnings.warn(place, "its type is unknown, so it is left out");
            return Ok(None);
        }
    };
    let size = size(&Notes::of(&json.extras), kind, place, warnings);
    Ok(Some(Lamp { node, kind, color, size }))
}

/// What the file's notes say of its extent: glTF itself has lights without one.
fn size(notes: &Notes, kind: LightKind, place: &str, warnings: &mut Warnings) -> f32 {
    let size = if kind == LightKind::Directional {
        notes.number(ANGLE_NOTE, 0.0..=std::f32::consts::PI, place, warnings).map(|angle| 0.5 * angle)
    } else {
        notes.number(RADIUS_NOTE, 0.0..=1e6, place, warnings)
    };
    size.unwrap_or(0.0)
}

fn cone(inner: f32, outer: f32) -> Option<LightKind> {
    if !(outer > 0.0 && outer.is_finite() && inner.is_finite()) {
        return None;
    }
    let cos_outer = outer.min(std::f32::consts::FRAC_PI_2).cos().max(0.0);
    let cos_inner = inner.clamp(0.0, outer).cos().min(1.0);
    // A hard edge still needs two angles, because the falloff divides by their difference.
    let cos_inner = cos_inner.max(cos_outer + 1e-5).min(1.0);
    (cos_inner > cos_outer).then_some(LightKind::Spot { cos_inner, cos_outer })
}
