//! The networks that the program carries, and what a person may call instead of them.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use frame::AdapterClass;

/// A network in the program itself; `assets/denoiser/NAME.md` says where its numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// For processors and GPUs that share memory with one.
    Small,
    /// For the rest: three times the work.
    Quality,
}

impl Carried {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Small, Self::Quality];

    /// What the training called it, which is also what people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Quality => "quality",
        }
    }

    /// Which one suits an adapter; `None`: there is none.
    pub fn suited_to(class: Option<AdapterClass>) -> Self {
        match class {
            None | Some(AdapterClass::Cpu | AdapterClass::Integrated) => Self::Small,
            Some(AdapterClass::Discrete | AdapterClass::Virtual | AdapterClass::Other) => Self::Quality,
        }
    }

    pub(super) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Small => include_bytes!("../../../assets/denoiser/small.tdn"),
            Self::Quality => include_bytes!("../../../assets/denoiser/quality.tdn"),
        }
    }
}

/// The network that a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkChoice {
    /// One that the program carries, by its name.
    Carried(Carried),
    /// A file of weights.
    File(PathBuf),
}

impl FromStr for NetworkChoice {
    type Err = Infallible;

    /// A name of [`Carried::ALL`], else a file; a file of such a name is written with its folder: `./small`.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let carried = Carried::ALL.into_iter().find(|carried| carried.name() == text);
        Ok(carried.map_or_else(|| Self::File(text.into()), Self::Carried))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_carried_networks_are_not_files() {
        let read = |text: &str| text.parse::<NetworkChoice>().unwrap_or_else(|never| match never {});
        assert_eq!(read("small"), NetworkChoice::Carried(Carried::Small));
        assert_eq!(read("quality"), NetworkChoice::Carried(Carried::Quality));
        assert_eq!(read("./small"), NetworkChoice::File("./small".into()));
        assert_eq!(read("small.tdn"), NetworkChoice::File("small.tdn".into()));
    }

    #[test]
    fn processors_get_the_small_network_and_cards_the_good_one() {
        assert_eq!(Carried::suited_to(None), Carried::Small);
        assert_eq!(Carried::suited_to(Some(AdapterClass::Cpu)), Carried::Small);
        assert_eq!(Carried::suited_to(Some(AdapterClass::Integrated)), Carried::Small);
        assert_eq!(Carried::suited_to(Some(AdapterClass::Discrete)), Carried::Quality);
    }
}
