//! Convolutions for adapters with matrix units: what the units multiply, and the text that is written out for it.

use super::{Stored, part, put};

/// What the matrix units of an adapter multiply: square matrices, each spread over one subgroup, summed as floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Matrices {
    /// Rows and columns: 8 or 16.
    pub side: u32,
    /// As what the factors are held.
    pub factors: Stored,
    /// Lanes of a subgroup, of which the adapter has but one number.
    pub lanes: u32,
}

/// Input channels that a workgroup holds at a time.
pub const CHUNK: u32 = 16;
/// Subgroups of a workgroup, each with two rows of its places.
const SUBGROUPS: u32 = 4;
const ROWS_EACH: u32 = 2;
const COLUMNS: u32 = 16;

impl Matrices {
    /// Bytes of workgroup memory that a convolution takes.
    pub fn workgroup_bytes(self) -> u32 {
        let places = (COLUMNS + 2) * (ROWS_EACH * SUBGROUPS + 2);
        let factor = self.factors.block_size() as u32 / 4;
        places * (CHUNK + 8) * factor + COLUMNS * ROWS_EACH * SUBGROUPS * (self.side + 4) * 4
    }

    /// Threads of a workgroup.
    pub fn threads(self) -> u32 {
        SUBGROUPS * self.lanes
    }

    /// What the text has to ask for before anything else.
    pub(super) fn enables(self) -> &'static str {
        match self.factors {
            Stored::Half => "enable f16;\nenable wgpu_cooperative_matrix;\n",
            Stored::Full => "enable wgpu_cooperative_matrix;\n",
        }
    }

    /// The text of a convolution that makes so many times `side` channels in a workgroup.
    pub(super) fn convolution(self, groups: u32) -> String {
        let Self { side, .. } = self;
        let mut sums = String::new();
        let mut keep = String::new();
        for group in 0..groups {
            put(&mut keep, format_args!("workgroupBarrier();"));
            for (row, column) in self.of_a_subgroup() {
                let sum = format!("sum_{group}_{row}_{column}");
                put(&mut sums, format_args!("var {sum} = {}();", self.kind("f32", "C")));
                let place = format!("((2u * subgroup + {row}u) * 16u + {}u)", column * side);
                put(&mut keep, format_args!("coopStore({sum}, &made[{place} * MADE], MADE);"));
            }
            put(&mut keep, format_args!("workgroupBarrier();\nkeep(corner, first_group + {group}u, index);"));
        }
        let text = part!("convolution_matrices")
            .replace("/*sums*/", &sums)
            .replace("/*products*/", &self.products(groups))
            .replace("/*keep*/", &keep);
        let (factor, threads) = (self.factor(), self.threads());
        format!(
            "alias Factor = {factor};\nconst SIDE: u32 = {side}u;\nconst GROUPS: u32 = {groups}u;\n\
             const THREADS: u32 = {threads}u;\n{text}"
        )
    }

    /// One tap of one chunk: each matrix of input serves all groups.
    fn products(self, groups: u32) -> String {
        let mut text = String::new();
        for step in 0..CHUNK / self.side {
            put(&mut text, format_args!("{{"));
            let channel = step * self.side;
            for group in 0..groups {
                let at = format!("kernel + {group}u * group_size + {channel}u");
                let kind = self.kind(self.factor(), "A");
                put(
                    &mut text,
                    format_args!("let kernel_{group} = coopLoadT<{kind}>(&matrices[{at}], CHUNK);"),
                );
            }
            for (row, column) in self.of_a_subgroup() {
                let at = format!("(place + {row}u * COLUMNS + {}u) * HELD + {channel}u", column * self.side);
                let kind = self.kind(self.factor(), "B");
                let input = format!("input_{row}_{column}");
                put(&mut text, format_args!("let {input} = coopLoad<{kind}>(&held[{at}], HELD);"));
                for group in 0..groups {
                    let sum = format!("sum_{group}_{row}_{column}");
                    put(&mut text, format_args!("{sum} = coopMultiplyAdd(kernel_{group}, {input}, {sum});"));
                }
            }
            put(&mut text, format_args!("}}"));
        }
        text
    }

    /// Row, and place in it counted in matrices, of the places that a subgroup makes.
    fn of_a_subgroup(self) -> impl Iterator<Item = (u32, u32)> {
        (0..ROWS_EACH).flat_map(move |row| (0..COLUMNS / self.side).map(move |column| (row, column)))
    }

    fn factor(self) -> &'static str {
        match self.factors {
            Stored::Half => "f16",
            Stored::Full => "f32",
        }
    }

    fn kind(self, scalar: &str, role: &str) -> String {
        let Self { side, .. } = self;
        format!("coop_mat{side}x{side}<{scalar}, {role}>")
    }
}
