//! Several numbers at once, as wide as the processor has them.
//!
//! The program is compiled for the oldest processors of its kind; `pulp` asks at run time what this one has and runs a
//! kernel compiled for it. Every value is computed by the same operations in the same order wherever it lies in a row,
//! so cutting a picture changes no bit. Between processors with and without fused multiplication the last bits differ.

use pulp::{Arch, Scalar128b, Simd, WithSimd};

/// Which instructions to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Instructions {
    /// The widest that this processor has.
    #[default]
    Detected,
    /// AVX2 and FMA where it has them, else those of [`Instructions::Baseline`].
    Avx2,
    /// Those that the program is compiled for.
    Baseline,
}

/// A loop over a row, compiled once for each width.
pub(super) trait Kernel {
    fn run<S: Simd, const FUSED: bool>(self, lanes: Lanes<S, FUSED>);
}

impl Instructions {
    /// Runs the kernel.
    pub(super) fn run(self, kernel: impl Kernel) {
        match self {
            Self::Detected => Arch::new().dispatch(Dispatched(kernel)),
            Self::Avx2 => run_avx2(kernel),
            Self::Baseline => Dispatched(kernel).with_simd(pulp::Scalar),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn run_avx2(kernel: impl Kernel) {
    match pulp::x86::V3::try_new() {
        Some(simd) => Simd::vectorize(simd, Dispatched(kernel)),
        None => Dispatched(kernel).with_simd(pulp::Scalar),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn run_avx2(kernel: impl Kernel) {
    Dispatched(kernel).with_simd(pulp::Scalar);
}

struct Dispatched<K>(K);

impl<K: Kernel> WithSimd for Dispatched<K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::IS_SCALAR {
            // Four at a time, which every 64-bit processor has; fused multiplication would be a call each.
            self.0.run(Lanes::<Scalar128b, false>(Scalar128b));
        } else {
            self.0.run(Lanes::<S, true>(simd));
        }
    }
}

/// The arithmetic of one width.
#[derive(Clone, Copy)]
pub(super) struct Lanes<S, const FUSED: bool>(S);

/// 1.5 · 2^23: adding it rounds to an integer, which then stands in the low bits.
const ROUNDING: f32 = 12_582_912.0;
/// Beyond this an exponential leaves the range of normal numbers.
const EXPONENT_MAX: f32 = 86.0;

impl<S: Simd, const FUSED: bool> Lanes<S, FUSED> {
    /// How many numbers.
    pub(super) const COUNT: usize = S::F32_LANES;
    /// Whether there are registers for eight outputs by three vectors rather than four.
    pub(super) const MANY_REGISTERS: bool = S::REGISTER_COUNT >= 32;

    #[inline(always)]
    pub(super) fn splat(self, value: f32) -> S::f32s {
        self.0.splat_f32s(value)
    }

    /// The numbers from `at` on.
    #[inline(always)]
    pub(super) fn load(self, from: &[f32], at: usize) -> S::f32s {
        S::as_simd_f32s(&from[at..at + Self::COUNT]).0[0]
    }

    #[inline(always)]
    pub(super) fn store(self, to: &mut [f32], at: usize, value: S::f32s) {
        S::as_mut_simd_f32s(&mut to[at..at + Self::COUNT]).0[0] = value;
    }

    /// `a · b + c`
    #[inline(always)]
    pub(super) fn multiply_add(self, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
        if FUSED { self.0.mul_add_e_f32s(a, b, c) } else { self.add(self.multiply(a, b), c) }
    }

    #[inline(always)]
    pub(super) fn add(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.add_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn subtract(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.sub_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn multiply(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.mul_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn divide(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.div_f32s(a, b)
    }

    #[inline(always)]
    pub(super) fn highest(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.max_f32s(a, b)
    }

    /// `value` where `measure` is at least `least`, else 0.
    #[inline(always)]
    pub(super) fn where_at_least(self, measure: S::f32s, least: f32, value: S::f32s) -> S::f32s {
        let enough = self.0.greater_than_or_equal_f32s(measure, self.splat(least));
        self.0.select_f32s(enough, value, self.splat(0.0))
    }

    /// e to the power of each, within two last bits; powers beyond ±86 count as that.
    ///
    /// 2^n · e^r with |r| at most half of ln 2: n by rounding, r in two steps so that no bits are lost, e^r by its Taylor series.
    #[inline(always)]
    pub(super) fn exp(self, power: S::f32s) -> S::f32s {
        let power = self.0.min_f32s(power, self.splat(EXPONENT_MAX));
        let power = self.0.max_f32s(power, self.splat(-EXPONENT_MAX));
        let shifted = self.multiply_add(power, self.splat(std::f32::consts::LOG2_E), self.splat(ROUNDING));
        let whole = self.subtract(shifted, self.splat(ROUNDING));
        // ln 2 = 355/512 - 2.12194440e-4; the first part has nine bits, so n times it is exact.
        let rest = self.multiply_add(whole, self.splat(-0.693_359_4), power);
        let rest = self.multiply_add(whole, self.splat(2.121_944_4e-4), rest);
        let mut series = self.splat(1.0 / 5040.0);
        for factor in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            series = self.multiply_add(series, rest, self.splat(factor));
        }
        let exponent = self.0.mul_u32s(self.0.transmute_u32s_f32s(shifted), self.0.splat_u32s(1 << 23));
        self.0.transmute_f32s_u32s(self.0.add_u32s(self.0.transmute_u32s_f32s(series), exponent))
    }

    /// `1 / (1 + e^-x)`
    #[inline(always)]
    pub(super) fn sigmoid(self, value: S::f32s) -> S::f32s {
        let one = self.splat(1.0);
        self.divide(one, self.add(one, self.exp(self.subtract(self.splat(0.0), value))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Exponentials<'a>(&'a mut [f32]);

    impl Kernel for Exponentials<'_> {
        #[inline(always)]
        fn run<S: Simd, const FUSED: bool>(self, lanes: Lanes<S, FUSED>) {
            for at in (0..self.0.len()).step_by(S::F32_LANES) {
                let power = lanes.load(self.0, at);
                lanes.store(self.0, at, lanes.exp(power));
            }
        }
    }

    #[test]
    fn exponentials_are_right_to_two_last_bits_with_any_instructions() {
        const COUNT: usize = 1 << 16;
        let powers: Vec<f32> = (0..COUNT).map(|at| (at as f32 / COUNT as f32 - 0.5) * 171.9).collect();
        for instructions in [Instructions::Detected, Instructions::Avx2, Instructions::Baseline] {
            let mut found = powers.clone();
            instructions.run(Exponentials(&mut found));
            for (&power, &found) in powers.iter().zip(&found) {
                let expected = f64::from(power).exp();
                let apart = (f64::from(found) / expected - 1.0).abs();
                assert!(apart < 2.5e-7, "{instructions:?}: e^{power} = {found}, {apart:e} off");
            }
        }
    }

    #[test]
    fn exponentials_of_any_power_are_finite() {
        let powers = [0.0, 1e30, -1e30, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, 86.0, -86.0];
        let mut found: Vec<f32> = powers.iter().copied().cycle().take(16).collect();
        Instructions::Detected.run(Exponentials(&mut found));
        assert!(found.iter().all(|value| value.is_finite() && *value > 0.0), "{found:?}");
        assert_eq!(found[0], 1.0);
    }
}
