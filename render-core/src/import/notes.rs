//! What a file says for Tessera alone: members of the `extras` that glTF lets every object carry.

use std::ops::RangeInclusive;

use gltf::json::Extras;
use serde_json::{Map, Value};

use super::fault::Warnings;

/// The notes on one object; empty where it has none.
#[derive(Debug, Default)]
pub(super) struct Notes(Map<String, Value>);

impl Notes {
    pub(super) fn of(extras: &Extras) -> Self {
        let value = extras.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok());
        if let Some(Value::Object(notes)) = value { Self(notes) } else { Self::default() }
    }

    /// Notes inside a note; what holds none is warned of and counts as absent.
    pub(super) fn within(&self, key: &str, place: &str, warnings: &mut Warnings) -> Option<Self> {
        let value = self.0.get(key)?;
        if !value.is_object() {
            warnings.warn(place, format!("its {key} is not an object and is left out"));
        }
        value.as_object().cloned().map(Self)
    }

    /// Whether a note is `true`, or a number other than 0, as some programs write what is true.
    pub(super) fn is_on(&self, key: &str) -> bool {
        match self.0.get(key) {
            Some(Value::Bool(is_on)) => *is_on,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            _ => false,
        }
    }

    /// A number; one that is out of range, or is none, is warned of and counts as absent.
    pub(super) fn number(
        &self,
        key: &str,
        range: RangeInclusive<f32>,
        place: &str,
        warnings: &mut Warnings,
    ) -> Option<f32> {
        let value = self.0.get(key)?;
        let usable = as_number(value, &range);
        if usable.is_none() {
            warnings.warn(
                place,
                format!(
                    "its {key} is not a number from {} to {} and is left out",
                    range.start(),
                    range.end()
                ),
            );
        }
        usable
    }

    /// Two numbers, with the same care.
    pub(super) fn pair(
        &self,
        key: &str,
        range: RangeInclusive<f32>,
        place: &str,
        warnings: &mut Warnings,
    ) -> Option<[f32; 2]> {
        let value = self.0.get(key)?;
        let usable = match value.as_array().map(Vec::as_slice) {
            Some([first, second]) => as_number(first, &range).zip(as_number(second, &range)),
            _ => None,
        };
        if usable.is_none() {
            warnings.warn(
                place,
                format!(
                    "its {key} is not two numbers from {} to {} and is left out",
                    range.start(),
                    range.end()
                ),
            );
        }
        usable.map(Into::into)
    }
}

fn as_number(value: &Value, range: &RangeInclusive<f32>) -> Option<f32> {
    value.as_f64().map(|number| number as f32).filter(|number| range.contains(number))
}
