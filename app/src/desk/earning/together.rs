//! Several GPUs' nodes as one: the sentence that is true of the computer, and each GPU's own.

use super::state::{EarnPhase, EarnState, GpuState};
use crate::earn::standing::LAST_MAX;

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
    use super::super::state::{Because, TileEnd, TileOutcome};
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
