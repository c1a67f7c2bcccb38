//! Triangles: one part for each primitive of a mesh, whatever its topology and encoding.

use glam::{Vec2, Vec3, Vec4};
use gltf::json::mesh::{Mode, Primitive, Semantic};
use gltf::json::validation::Checked::Valid;

use super::accessor::{Accessors, Integers};
use super::draco::Unfolded;
use super::fault::{ImportError, Warnings, broken};
use super::limits::Limits;
use super::part::{Influences, Morph, Part};
use super::tangent;
use crate::scene::{Material, Mesh};

/// Reads primitives, within the budget of triangles.
pub(super) struct Parts<'a> {
    pub(super) accessors: &'a Accessors<'a>,
    pub(super) materials: &'a [Material],
    pub(super) limits: &'a Limits,
    pub(super) triangles_left: u64,
}

impl Parts<'_> {
    /// Takes triangles, or as many other things as big, from the budget.
    pub(super) fn spend(&mut self, triangles: u64, place: &str) -> Result<(), ImportError> {
        let over = || ImportError::OverLimit {
            place: place.to_owned(),
            what: "triangles",
            limit: self.limits.triangles,
        };
        self.triangles_left = self.triangles_left.checked_sub(triangles).ok_or_else(over)?;
        Ok(())
    }

    /// The primitive as triangles; `None` (and a warning) when it has none.
    pub(super) fn read(
        &mut self,
        json: &Primitive,
        place: &str,
        warnings: &mut Warnings,
    ) -> Result<Option<Part>, ImportError> {
        let Valid(mode @ (Mode::Triangles | Mode::TriangleStrip | Mode::TriangleFan)) = json.mode else {
            warnings.warn(place, "it is made of points or lines, which are not rendered");
            return Ok(None);
        };
        let (accessors, limit) = (self.accessors, self.count(json, mode, place)?);
        let unfolded = Unfolded::read(accessors, json, limit.min(self.triangles_left), place)?;
        let replaced = unfolded.as_ref().map(|unfolded| accessors.with(&unfolded.replacements));
        let reader = Attributes { accessors: replaced.as_ref().unwrap_or(accessors), json, place };
        let Some(positions) = reader.vectors::<3>(Semantic::Positions, Integers::AsFlagged)? else {
            warnings.warn(place, "it has no positions and is left out");
            return Ok(None);
        };
        let mut part = Part::default();
        part.base.positions = positions.into_iter().map(Vec3::from).collect();
        part.base.material = self.material(json, place)?;
        let count = part.base.positions.len();
        part.base.triangles = match &unfolded {
            Some(unfolded) => self.unfolded(unfolded, count, place)?,
            None => self.triangles(json, mode, count, place, warnings)?,
        };
        part.base.normals =
            reader.whole::<3>(Semantic::Normals, count)?.into_iter().map(Vec3::from).collect();
        part.base.tangents =
            reader.whole::<4>(Semantic::Tangents, count)?.into_iter().map(Vec4::from).collect();
        part.base.colors = reader.colors(count)?;
        part.base.uv_sets = reader.uv_sets(count)?;
        part.flat = part.base.normals.is_empty();
        part.influences = reader.influences(count)?;
        part.morphs = reader.morphs(count)?;
        reader.name_the_rest(warnings);
        if part.morphs.is_empty() && part.influences.is_none() {
            part.base.drop_flat_triangles();
        }
        if part.base.triangles.is_empty() {
            warnings.warn(place, "it has no triangle of any size and is left out");
            return Ok(None);
        }
        self.finish(&mut part, place, warnings);
        Ok(Some(part))
    }

    /// Fills in what the material needs and the file leaves out.
    fn finish(&self, part: &mut Part, place: &str, warnings: &mut Warnings) {
        let material = &self.materials[part.base.material as usize];
        let sets = material.texture_refs().iter().flatten().map(|slot| usize::from(slot.uv_set) + 1).max();
        let corners = part.base.positions.len();
        if let Some(sets) = sets.filter(|&sets| sets > part.base.uv_sets.len()) {
            let text = format!("its material uses UV set {}, which it lacks; zeros are used", sets - 1);
            warnings.warn(place, text);
            part.base.uv_sets.resize(sets, vec![Vec2::ZERO; corners]);
        }
        part.base.make_normals_unit();
        let slot = material.normal_texture.or(material.clearcoat_normal_texture);
        let stretched = material.anisotropy.strength > 0.0;
        let along = slot.or(material.anisotropy.texture).map(|slot| usize::from(slot.uv_set));
        let Some(along) = along.or(stretched.then_some(0)) else {
            part.base.tangents.clear();
            return;
        };
        if along >= part.base.uv_sets.len() && part.base.tangents.is_empty() {
            let text = "its material has reflections that are longer along the surface, but it has neither tangents nor UVs that say where along; \
                        they are rendered round";
            warnings.warn(place, text);
            return;
        }
        tangent::fill(part, along, place, warnings);
    }

    fn material(&self, json: &Primitive, place: &str) -> Result<u32, ImportError> {
        let Some(index) = json.material.map(|index| index.value()) else { return Ok(0) };
        if index + 1 >= self.materials.len() {
            return Err(broken(place, format!("its material {index} does not exist")));
        }
        Ok(index as u32 + 1)
    }

    /// Triangles that the primitive says it has; of strips and fans, flat ones too.
    fn count(&self, json: &Primitive, mode: Mode, place: &str) -> Result<u64, ImportError> {
        let positions = json.attributes.get(&Valid(Semantic::Positions)).copied();
        let count = match json.indices.map(|index| index.value()).or(positions.map(|index| index.value())) {
            Some(accessor) => self.accessors.count(accessor, place)?,
            None => 0,
        };
        Ok(if mode == Mode::Triangles { count / 3 } else { count.saturating_sub(2) })
    }

    /// The triangles of a compressed primitive, which are a list whatever its mode says.
    fn unfolded(
        &mut self,
        unfolded: &Unfolded,
        corners: usize,
        place: &str,
    ) -> Result<Vec<[u32; 3]>, ImportError> {
        self.spend(unfolded.triangles.len() as u64, place)?;
        if let Some(wrong) = unfolded.triangles.iter().flatten().find(|&&index| index as usize >= corners) {
            return Err(broken(place, format!("an index names corner {wrong} of {corners}")));
        }
        Ok(unfolded.triangles.iter().copied().filter(is_whole).collect())
    }

    fn triangles(
        &mut self,
        json: &Primitive,
        mode: Mode,
        corners: usize,
        place: &str,
        warnings: &mut Warnings,
    ) -> Result<Vec<[u32; 3]>, ImportError> {
        if u32::try_from(corners).is_err() {
            return Err(broken(place, "it has more corners than can be indexed"));
        }
        self.spend(self.count(json, mode, place)?, place)?;
        let indices: Vec<u32> = match json.indices {
            Some(indices) => self
                .accessors
                .integers::<1>(indices.value(), place)?
                .into_iter()
                .map(|[index]| index)
                .collect(),
            None => (0..corners as u32).collect(),
        };
        if let Some(wrong) = indices.iter().find(|&&index| index as usize >= corners) {
            return Err(broken(place, format!("an index names corner {wrong} of {corners}")));
        }
        if mode == Mode::Triangles && !indices.len().is_multiple_of(3) {
            warnings.warn(place, "its last triangle is incomplete and is left out");
        }
        Ok(assemble(&indices, mode))
    }
}

/// Triangles of a list, strip or fan; those that name a corner twice cover nothing and are left out.
fn assemble(indices: &[u32], mode: Mode) -> Vec<[u32; 3]> {
    match mode {
        Mode::TriangleStrip => indices
            .windows(3)
            .enumerate()
            // Every other triangle of a strip runs backwards.
            .map(|(index, w)| if index % 2 == 0 { [w[0], w[1], w[2]] } else { [w[0], w[2], w[1]] })
            .filter(is_whole)
            .collect(),
        Mode::TriangleFan => indices
            .get(1..)
            .unwrap_or_default()
            .windows(2)
            .map(|pair| [indices[0], pair[0], pair[1]])
            .filter(is_whole)
            .collect(),
        _ => {
            indices.chunks_exact(3).map(|corner| [corner[0], corner[1], corner[2]]).filter(is_whole).collect()
        }
    }
}

fn is_whole(triangle: &[u32; 3]) -> bool {
    let [a, b, c] = *triangle;
    a != b && b != c && c != a
}

/// The attributes of one primitive.
struct Attributes<'a> {
    accessors: &'a Accessors<'a>,
    json: &'a Primitive,
    place: &'a str,
}

impl Attributes<'_> {
    const INFLUENCE_SETS_MAX: u32 = 8;

    fn accessor(&self, semantic: Semantic) -> Option<usize> {
        self.json.attributes.get(&Valid(semantic)).map(|index| index.value())
    }

    fn named(&self, semantic: &Semantic) -> String {
        let name = match semantic {
            Semantic::Positions => "POSITION".to_owned(),
            Semantic::Normals => "NORMAL".to_owned(),
            Semantic::Tangents => "TANGENT".to_owned(),
            Semantic::Colors(set) => format!("COLOR_{set}"),
            Semantic::TexCoords(set) => format!("TEXCOORD_{set}"),
            Semantic::Joints(set) => format!("JOINTS_{set}"),
            Semantic::Weights(set) => format!("WEIGHTS_{set}"),
            Semantic::Extras(name) => super::fault::quoted(name),
        };
        format!("{}, {name}", self.place)
    }

    fn vectors<const N: usize>(
        &self,
        semantic: Semantic,
        integers: Integers,
    ) -> Result<Option<Vec<[f32; N]>>, ImportError> {
        let place = self.named(&semantic);
        self.accessor(semantic).map(|index| self.accessors.vectors::<N>(index, integers, &place)).transpose()
    }

    fn check_count(&self, own: usize, count: usize, place: &str) -> Result<(), ImportError> {
        if own == count {
            return Ok(());
        }
        Err(broken(place, format!("it has {own} elements for {count} positions")))
    }

    /// An attribute for every corner, or empty.
    fn whole<const N: usize>(&self, semantic: Semantic, count: usize) -> Result<Vec<[f32; N]>, ImportError> {
        let place = self.named(&semantic);
        let Some(vectors) = self.vectors::<N>(semantic, Integers::AsFlagged)? else { return Ok(Vec::new()) };
        self.check_count(vectors.len(), count, &place)?;
        Ok(vectors)
    }

    fn colors(&self, count: usize) -> Result<Vec<Vec4>, ImportError> {
        let Some(index) = self.accessor(Semantic::Colors(0)) else { return Ok(Vec::new()) };
        let place = self.named(&Semantic::Colors(0));
        let colors: Vec<Vec4> = if self.accessors.components(index, &place)? == 3 {
            let colors = self.accessors.vectors::<3>(index, Integers::Fractions, &place)?;
            colors.into_iter().map(|color| Vec3::from(color).extend(1.0)).collect()
        } else {
            let colors = self.accessors.vectors::<4>(index, Integers::Fractions, &place)?;
            colors.into_iter().map(Vec4::from).collect()
        };
        self.check_count(colors.len(), count, &place)?;
        Ok(colors.into_iter().map(|color| color.max(Vec4::ZERO)).collect())
    }

    fn uv_sets(&self, count: usize) -> Result<Vec<Vec<Vec2>>, ImportError> {
        let mut sets = Vec::new();
        for set in 0..Mesh::UV_SETS_MAX as u32 {
            let uvs = self.whole::<2>(Semantic::TexCoords(set), count)?;
            if self.accessor(Semantic::TexCoords(set)).is_none() {
                // A later set may still exist; a gap keeps its number.
                sets.push(Vec::new());
            } else {
                sets.push(uvs.into_iter().map(Vec2::from).collect());
            }
        }
        while sets.last().is_some_and(Vec::is_empty) {
            sets.pop();
        }
        for set in &mut sets {
            set.resize(count, Vec2::ZERO);
        }
        Ok(sets)
    }

    fn influences(&self, count: usize) -> Result<Option<Influences>, ImportError> {
        let mut influences = Influences::default();
        for set in 0..Self::INFLUENCE_SETS_MAX {
            let (joints, weights) =
                (self.accessor(Semantic::Joints(set)), self.accessor(Semantic::Weights(set)));
            let (Some(joints), Some(weights)) = (joints, weights) else { break };
            let place = self.named(&Semantic::Joints(set));
            let joints = self.accessors.integers::<4>(joints, &place)?;
            self.check_count(joints.len(), count, &place)?;
            let place = self.named(&Semantic::Weights(set));
            let weights = self.accessors.vectors::<4>(weights, Integers::Fractions, &place)?;
            self.check_count(weights.len(), count, &place)?;
            influences.sets.push(joints.into_iter().zip(weights).collect());
        }
        Ok((!influences.sets.is_empty()).then_some(influences))
    }

    fn morphs(&self, count: usize) -> Result<Vec<Morph>, ImportError> {
        let mut morphs = Vec::new();
        for (index, target) in self.json.targets.iter().flatten().enumerate() {
            let place = format!("{}, morph target {index}", self.place);
            let offsets = |accessor: Option<usize>| -> Result<Vec<Vec3>, ImportError> {
                let Some(accessor) = accessor else { return Ok(Vec::new()) };
                let offsets = self.accessors.vectors::<3>(accessor, Integers::AsFlagged, &place)?;
                self.check_count(offsets.len(), count, &place)?;
                Ok(offsets.into_iter().map(Vec3::from).collect())
            };
            morphs.push(Morph {
                positions: offsets(target.positions.map(|index| index.value()))?,
                normals: offsets(target.normals.map(|index| index.value()))?,
                tangents: offsets(target.tangents.map(|index| index.value()))?,
            });
        }
        Ok(morphs)
    }

    fn name_the_rest(&self, warnings: &mut Warnings) {
        for semantic in self.json.attributes.keys() {
            let text = match semantic {
                Valid(Semantic::Colors(set)) if *set > 0 => format!("its colours COLOR_{set} are not used"),
                Valid(Semantic::TexCoords(set)) if *set as usize >= Mesh::UV_SETS_MAX => {
                    format!("its UV set TEXCOORD_{set} is not used")
                }
                _ => continue,
            };
            warnings.notice(self.place, text);
        }
    }
}
