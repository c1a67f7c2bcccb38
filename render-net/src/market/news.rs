//! Effects that other coordinators of the same store want to hear of, as words.

use super::Effect;

impl Effect {
    /// What is told to other coordinators; `None` where it is this one's business alone.
    pub(crate) fn as_news(&self) -> Option<String> {
        match self {
            Effect::WakeNodes => Some("work".to_owned()),
            Effect::WakeReferees => Some("disputes".to_owned()),
            Effect::WakeFollowers(job) => Some(format!("job {job}")),
            Effect::Answer(_) | Effect::Delivered { .. } | Effect::Spare(_) | Effect::Counted(_) => None,
        }
    }

    /// The effect that was told elsewhere; `None` for what this version does not know.
    pub(crate) fn of_news(news: &str) -> Option<Self> {
        match news {
            "work" => Some(Effect::WakeNodes),
            "disputes" => Some(Effect::WakeReferees),
            other => other.strip_prefix("job ")?.parse().ok().map(Effect::WakeFollowers),
        }
    }
}

#[cfg(test)]
mod tests {
    use frame::JobId;

    use super::*;

    #[test]
    fn news_are_understood_elsewhere_and_strange_ones_are_left_alone() {
        for effect in [Effect::WakeNodes, Effect::WakeReferees, Effect::WakeFollowers(JobId([7; 16]))] {
            assert_eq!(effect.as_news().as_deref().and_then(Effect::of_news), Some(effect));
        }
        for strange in ["", "job", "job 7", "weather"] {
            assert_eq!(Effect::of_news(strange), None);
        }
    }
}
