//! Looking at this computer, as the rules need it.

use super::rules::Rules;
use super::signals::Signals;

/// Who looks. What cannot be seen is left [`super::Sensed::Unknown`], never guessed.
pub trait Senses: Send {
    /// Looks at what changes within a moment: when this computer was last touched, and what fills the screen. Called ten times a second.
    fn glance(&mut self, signals: &mut Signals);

    /// Looks at everything else that these rules ask for; may take some milliseconds. Called every other second.
    fn look(&mut self, rules: &Rules, signals: &mut Signals);
}
