//! Several GPUs' nodes as one: the sentence that is true of the computer, and each GPU's own.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::state::{Because, EarnPhase, EarnState};
use crate::desk::Failure;
use crate::earn::standing::LAST_MAX;

/// How the node of one GPU stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct GpuState {
    /// The GPU's key; empty until it is known which is the strongest.
    pub gpu: String,
    /// What a person sees at a glance.
    pub phase: EarnPhase,
    /// Why.
    pub because: Because,
    /// Rules that are on and cannot be watched here, by name.
    pub unseen: Vec<String>,
    /// The node's identity; empty before it was connected.
    pub node: String,
    /// How hot the GPU is, degrees Celsius, where it tells.
    pub celsius: Option<i32>,
    /// Tiles accepted since it started.
    pub tiles_done: u32,
    /// Why it failed, until the next start.
    pub failure: Option<Failure>,
}

impl GpuState {
    fn of(gpu: &str, state: &EarnState) -> Self {
        Self {
            gpu: gpu.to_owned(),
            phase: state.phase,
            because: state.because.clone(),
            unseen: state.unseen.clone(),
            node: state.node.clone(),
            celsius: state.celsius,
            tiles_done: state.tiles_done,
            failure: state.failure.clone(),
        }
    }
}

/// The whole computer: what its most active node says, and what all have done.
pub(super) fn together(nodes: &[(String, EarnState)]) -> EarnState {
    let leading = nodes
        .iter()
        .map(|(_, state)| state)
        .reduce(|best, state| if activity(state.phase) > activity(best.phase) { state } else { best });
    let Some(leading) = leading else { return EarnState::default() };
    let all = || nodes.iter().map(|(_, state)| state);
    let mut last: Vec<_> = all().flat_map(|state| state.last.iter().cloned()).collect();
    last.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    last.drain(..last.len().saturating_sub(LAST_MAX));
    EarnState {
        is_rendering: all().any(|state| state.is_rendering),
        tiles_done: all().map(|state| state.tiles_done).fold(0, u32::saturating_add),
        last,
        gpus: nodes.iter().map(|(gpu, state)| GpuState::of(gpu, state)).collect(),
        ..leading.clone()
    }
}

/// A computer works as long as one GPU does, and has failed only when all have.
fn activity(phase: EarnPhase) -> u8 {
    match phase {
        EarnPhase::Off => 0,
        EarnPhase::Failed => 1,
        EarnPhase::Stopping => 2,
        EarnPhase::Starting => 3,
        EarnPhase::Paused => 4,
        EarnPhase::Waiting => 5,
        EarnPhase::Working => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::{TileEnd, TileOutcome};
    use super::*;

    fn node(gpu: &str, phase: EarnPhase, ends: &[u32]) -> (String, EarnState) {
        let end = |at_s: &u32| TileEnd {
            outcome: TileOutcome::Delivered,
            at_s: f64::from(*at_s),
            credits: "1".into(),
            why: String::new(),
        };
        let because = Because { code: gpu.into(), ..Because::default() };
        let last = ends.iter().map(end).collect();
        let tiles_done = ends.len() as u32;
        let is_rendering = phase == EarnPhase::Working;
        (
            gpu.to_owned(),
            EarnState { because, last, tiles_done, is_rendering, ..EarnState::without_node(phase) },
        )
    }

    #[test]
    fn one_gpu_at_work_makes_the_computer_one_that_works() {
        use EarnPhase::*;
        for (phases, whole) in [
            ([Paused, Working], Working),
            ([Working, Waiting], Working),
            ([Paused, Waiting], Waiting),
            ([Failed, Paused], Paused),
            ([Stopping, Failed], Stopping),
            ([Failed, Failed], Failed),
        ] {
            let told = together(&[node("a", phases[0], &[]), node("b", phases[1], &[])]);
            assert_eq!(told.phase, whole, "{phases:?}");
            assert_eq!([told.gpus[0].phase, told.gpus[1].phase], phases);
        }
        let told = together(&[node("a", Waiting, &[]), node("b", Waiting, &[])]);
        assert_eq!(told.because.code, "a", "of two that do the same, the first is told");
        assert_eq!(together(&[]), EarnState::default());
    }

    #[test]
    fn what_all_have_done_is_told_in_the_order_in_which_it_happened() {
        let many: Vec<u32> = (0..20).map(|at| at * 2).collect();
        let told =
            together(&[node("a", EarnPhase::Waiting, &many), node("b", EarnPhase::Working, &[1, 3, 39])]);
        assert_eq!((told.tiles_done, told.last.len(), told.is_rendering), (23, LAST_MAX, true));
        let ends: Vec<f64> = told.last.iter().map(|end| end.at_s).collect();
        assert!(ends.is_sorted() && ends.last() == Some(&39.0), "{ends:?}");
    }
}
