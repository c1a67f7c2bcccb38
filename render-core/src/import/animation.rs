//! Keyframes: values of animated transforms and morph weights at any instant (glTF 2.0, appendix C).

use glam::{DQuat, DVec3};
use gltf::json::Root;
use gltf::json::animation::{Animation as JsonAnimation, Channel as JsonChannel, Interpolation, Property};
use gltf::json::validation::Checked::Valid;

use super::accessor::{Accessors, Integers};
use super::fault::{ImportError, Warnings, broken, place_of};
use super::tree::{Local, Tree, unit};

/// One animation of a file.
#[derive(Debug)]
pub(super) struct Animation {
    /// Time of the last key, seconds.
    pub(super) seconds: f32,
    channels: Vec<Channel>,
}

#[derive(Debug)]
struct Channel {
    node: usize,
    property: Property,
    interpolation: Interpolation,
    /// Not falling, finite, at least one.
    times: Vec<f32>,
    /// `width` numbers a key, or three times as many (in-tangent, value, out-tangent) for cubic splines.
    values: Vec<f32>,
    width: usize,
}

/// The animated state of all nodes at an instant.
pub(super) struct Pose {
    pub(super) locals: Vec<Local>,
    /// Morph weights by node where an animation sets them.
    pub(super) weights: Vec<Option<Vec<f32>>>,
}

impl Pose {
    /// Everything as it is at `seconds`, but what jumps from key to key, which is as at `jumped`.
    pub(super) fn at(tree: &Tree, animation: Option<&Animation>, seconds: f32, jumped: f32) -> Self {
        let mut pose = Self {
            locals: tree.nodes.iter().map(|node| node.local).collect(),
            weights: tree.nodes.iter().map(|node| node.weights.clone()).collect(),
        };
        for channel in animation.iter().flat_map(|animation| &animation.channels) {
            let jumps = channel.interpolation == Interpolation::Step;
            channel.apply(if jumps { jumped } else { seconds }, &mut pose);
        }
        pose
    }
}

impl Animation {
    /// Reads animation 0, if there is one; names the others.
    pub(super) fn first(
        root: &Root,
        tree: &Tree,
        accessors: &Accessors,
        warnings: &mut Warnings,
    ) -> Result<Option<Self>, ImportError> {
        for (index, other) in root.animations.iter().enumerate().skip(1) {
            warnings
                .notice(place_of("animation", index, other.name.as_deref()), "only animation 0 is rendered");
        }
        let Some(animation) = root.animations.first() else { return Ok(None) };
        let mut channels = Vec::new();
        for (index, channel) in animation.channels.iter().enumerate() {
            let place = format!("{}, channel {index}", place_of("animation", 0, animation.name.as_deref()));
            channels.extend(Channel::read(root, animation, channel, tree, accessors, &place, warnings)?);
        }
        let seconds = channels.iter().filter_map(|channel| channel.times.last().copied()).fold(0.0, f32::max);
        Ok(Some(Self { seconds, channels }))
    }
}

impl Channel {
    fn read(
        root: &Root,
        animation: &JsonAnimation,
        channel: &JsonChannel,
        tree: &Tree,
        accessors: &Accessors,
        place: &str,
        warnings: &mut Warnings,
    ) -> Result<Option<Self>, ImportError> {
        let sampler = animation.samplers.get(channel.sampler.value()).ok_or_else(|| {
            broken(place, format!("its sampler {} does not exist", channel.sampler.value()))
        })?;
        let node = channel.target.node.value();
        let Some(target) = tree.nodes.get(node) else {
            return Err(broken(place, format!("its node {node} does not exist")));
        };
        let Valid(property) = channel.target.path else {
            warnings.warn(place, "it animates an unknown property and is ignored");
            return Ok(None);
        };
        let Valid(interpolation) = sampler.interpolation else {
            return Err(broken(place, "its interpolation is unknown"));
        };
        let times: Vec<f32> = accessors
            .vectors::<1>(sampler.input.value(), Integers::AsFlagged, place)?
            .into_iter()
            .map(|[time]| time)
            .collect();
        if times.is_empty() || times.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(broken(place, "its times are none or not in order"));
        }
        let output = sampler.output.value();
        let (values, width) = match property {
            Property::Translation | Property::Scale => {
                (flat::<3>(accessors, output, Integers::AsFlagged, place)?, 3)
            }
            // Exporters that pack rotations to integers mean fractions, flagged or not.
            Property::Rotation => (flat::<4>(accessors, output, Integers::Fractions, place)?, 4),
            Property::MorphTargetWeights => {
                let mesh = target.mesh.and_then(|mesh| root.meshes.get(mesh));
                let targets =
                    mesh.and_then(|mesh| mesh.primitives.first()).and_then(|part| part.targets.as_ref());
                let Some(width) = targets.map(Vec::len).filter(|&count| count > 0) else {
                    warnings.warn(
                        place,
                        "it animates morph weights of a node without morph targets and is ignored",
                    );
                    return Ok(None);
                };
                (flat::<1>(accessors, output, Integers::AsFlagged, place)?, width)
            }
        };
        let per_key = if interpolation == Interpolation::CubicSpline { 3 } else { 1 };
        let needed = times.len().checked_mul(per_key).and_then(|count| count.checked_mul(width));
        if needed != Some(values.len()) {
            let reason = format!("it has {} times but {} numbers of output", times.len(), values.len());
            return Err(broken(place, reason));
        }
        Ok(Some(Self { node, property, interpolation, times, values, width }))
    }

    fn apply(&self, seconds: f32, pose: &mut Pose) {
        let value = self.value_at(seconds);
        if self.property == Property::MorphTargetWeights {
            pose.weights[self.node] = Some(value);
            return;
        }
        let local = &mut pose.locals[self.node];
        if let Local::Matrix(matrix) = *local {
            // The format forbids animating a matrix; its parts are the nearest meaning.
            let (scale, rotation, translation) = matrix.to_scale_rotation_translation();
            let usable = scale.is_finite() && rotation.is_finite();
            let (scale, rotation) = if usable { (scale, rotation) } else { (DVec3::ONE, DQuat::IDENTITY) };
            *local = Local::Parts { translation, rotation, scale };
        }
        if let Local::Parts { translation, rotation, scale } = local {
            let vector = || DVec3::new(f64::from(value[0]), f64::from(value[1]), f64::from(value[2]));
            match self.property {
                Property::Translation => *translation = vector(),
                Property::Scale => *scale = vector(),
                _ => *rotation = unit([value[0], value[1], value[2], value[3]]),
            }
        }
    }

    /// The value at an instant; before the first key the first, after the last the last.
    fn value_at(&self, seconds: f32) -> Vec<f32> {
        let seconds = if seconds.is_finite() { seconds } else { 0.0 };
        let after = self.times.partition_point(|&time| time <= seconds);
        if after == 0 || after == self.times.len() {
            return self.key(after.saturating_sub(1), 1).to_vec();
        }
        let before = after - 1;
        let span = self.times[after] - self.times[before];
        let t = (seconds - self.times[before]) / span;
        match self.interpolation {
            Interpolation::Step => self.key(before, 1).to_vec(),
            Interpolation::Linear if self.property == Property::Rotation => {
                let [from, to] = [before, after].map(|key| {
                    let value = self.key(key, 1);
                    unit([value[0], value[1], value[2], value[3]])
                });
                // glam's slerp takes the shorter way round, as the format asks.
                from.slerp(to, f64::from(t)).to_array().map(|number| number as f32).to_vec()
            }
            Interpolation::Linear => {
                let pairs = self.key(before, 1).iter().zip(self.key(after, 1));
                pairs.map(|(from, to)| from + (to - from) * t).collect()
            }
            Interpolation::CubicSpline => self.spline(before, after, t, span),
        }
    }

    fn spline(&self, before: usize, after: usize, t: f32, span: f32) -> Vec<f32> {
        let (t2, t3) = (t * t, t * t * t);
        let (from, out_of) = (self.key(before, 1), self.key(before, 2));
        let (into, to) = (self.key(after, 0), self.key(after, 1));
        (0..self.width)
            .map(|axis| {
                (2.0 * t3 - 3.0 * t2 + 1.0) * from[axis]
                    + span * (t3 - 2.0 * t2 + t) * out_of[axis]
                    + (3.0 * t2 - 2.0 * t3) * to[axis]
                    + span * (t3 - t2) * into[axis]
            })
            .collect()
    }

    /// The numbers of a key; `part` 0 = in-tangent, 1 = value, 2 = out-tangent of a spline.
    fn key(&self, key: usize, part: usize) -> &[f32] {
        let row = if self.interpolation == Interpolation::CubicSpline { key * 3 + part } else { key };
        &self.values[row * self.width..][..self.width]
    }
}

fn flat<const N: usize>(
    accessors: &Accessors,
    index: usize,
    integers: Integers,
    place: &str,
) -> Result<Vec<f32>, ImportError> {
    Ok(accessors.vectors::<N>(index, integers, place)?.into_iter().flatten().collect())
}
