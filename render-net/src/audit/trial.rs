//! Few pixels must decide: a sequential test of whether a result is what the samples give.
//!
//! Each pixel that is rendered again votes. Between two honest computers a few pixels differ, because rounding can turn a path off at a tie; in a
//! result that was not rendered most do. Votes are added up as logarithms of how much likelier they are from a liar, until that is
//! beyond doubt one way or the other.
//!
//! Source: Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16 (1945), section 3.

/// Share of voting pixels that differ between honest computers, at most; `docs/measurements.md` section 20 has what was seen.
pub const HONEST_DIFFER: f64 = 0.02;
/// Share that differs where somebody cheats; who fakes less of a tile gains next to nothing.
pub const WRONG_DIFFER: f64 = 0.15;
/// How often an honest result is called wrong.
const ACCUSED: f64 = 1e-9;
/// How often a wrong one passes a trial that ends.
const PASSED: f64 = 1e-3;

/// What a pixel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// It is the same, and would hardly be if its samples had not been rendered.
    Same,
    /// It is another.
    Differs,
    /// It is the same and would be anyway: a plain background, a lamp.
    Nothing,
}

/// What is known after some votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// More votes are needed.
    Open,
    /// It was rendered.
    Right,
    /// It was not.
    Wrong,
}

/// Votes so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trial {
    /// Logarithm of how much likelier the votes are from a liar.
    against: f64,
}

impl Trial {
    /// Takes in a vote.
    pub fn hear(&mut self, vote: Vote) {
        self.against += match vote {
            Vote::Same => ((1.0 - WRONG_DIFFER) / (1.0 - HONEST_DIFFER)).ln(),
            Vote::Differs => (WRONG_DIFFER / HONEST_DIFFER).ln(),
            Vote::Nothing => 0.0,
        };
    }

    /// Whether they are likelier from a liar, beyond doubt or not.
    pub fn speaks_against(&self) -> bool {
        self.against > 0.0
    }

    /// What they say.
    pub fn ruling(&self) -> Ruling {
        if self.against >= ((1.0 - PASSED) / ACCUSED).ln() {
            Ruling::Wrong
        } else if self.against <= (PASSED / (1.0 - ACCUSED)).ln() {
            Ruling::Right
        } else {
            Ruling::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends a trial whose pixels differ with this chance; says how, and after how many votes.
    fn tried(differ: f64, random: &mut u64) -> (Ruling, u32) {
        let (mut trial, mut votes) = (Trial::default(), 0);
        while trial.ruling() == Ruling::Open && votes < 100_000 {
            *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let drawn = (*random >> 11) as f64 / (1u64 << 53) as f64;
            trial.hear(if drawn < differ { Vote::Differs } else { Vote::Same });
            votes += 1;
        }
        (trial.ruling(), votes)
    }

    fn share_wrong(differ: f64) -> (f64, f64) {
        const TRIALS: u32 = 20_000;
        let mut random = 7;
        let ended: Vec<_> = (0..TRIALS).map(|_| tried(differ, &mut random)).collect();
        let wrong = ended.iter().filter(|(ruling, _)| *ruling == Ruling::Wrong).count();
        let votes: u32 = ended.iter().map(|(_, votes)| votes).sum();
        (wrong as f64 / f64::from(TRIALS), f64::from(votes) / f64::from(TRIALS))
    }

    #[test]
    fn honest_results_pass_and_need_about_sixty_pixels() {
        let (wrong, votes) = share_wrong(HONEST_DIFFER);
        assert_eq!(wrong, 0.0);
        assert!(votes < 80.0, "{votes}");
    }

    #[test]
    fn what_was_not_rendered_is_found_with_few_pixels() {
        let (wrong, votes) = share_wrong(0.75);
        assert!(wrong > 0.999 && votes < 20.0, "{wrong} after {votes}");
    }

    #[test]
    fn who_fakes_as_much_as_the_test_is_made_for_is_found_as_often_as_it_says() {
        assert!(share_wrong(WRONG_DIFFER).0 > 1.0 - 2.0 * PASSED);
    }

    #[test]
    fn pixels_that_say_nothing_decide_nothing() {
        let mut trial = Trial::default();
        (0..1000).for_each(|_| trial.hear(Vote::Nothing));
        assert_eq!(trial.ruling(), Ruling::Open);
    }
}
