//! What is counted and compared of the pictures on the desk, anew only when they have changed; comparing has a thread of its own.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use frame::compare::{ColourError, compare_colours};

use crate::compare::{self, Mode};
use crate::desk::Desk;
use crate::histogram::{Histogram, PIXELS_MAX};

/// Counting all pixels takes longer than showing a tile: while a picture grows, it is not done for each.
const EVERY: Duration = Duration::from_millis(700);

/// How far two pictures are apart.
#[derive(Clone, Debug)]
pub enum Against {
    /// It is being computed.
    Pending,
    /// In numbers.
    Apart(ColourError),
    /// They cannot be compared.
    Not(String),
}

/// A layer of a picture: its stamp and number.
type Of = Option<(u64, usize)>;
/// How often the growing picture changed, and whether it still does.
type Grown = (u64, bool);
type Compared = ([Of; 2], Grown);
/// A comparison that is finished.
type Finished = (Compared, Against);

/// What is computed once per picture and shown every frame.
pub struct Measured {
    /// Of the layer that is shown.
    pub histogram: Option<Histogram>,
    /// Of both pictures, while their difference is seen.
    pub against: Option<Against>,
    counted: Option<((Of, u32, Grown), Instant)>,
    /// The last comparison that is finished.
    compared: Option<(Compared, Against, Instant)>,
    is_comparing: bool,
    results: (Sender<Finished>, Receiver<Finished>),
    /// Held by the thread as long as it needs the pictures themselves.
    copying: Weak<()>,
}

impl Default for Measured {
    fn default() -> Self {
        let (counted, compared) = (None, None);
        let (results, copying) = (channel(), Weak::new());
        Self { histogram: None, against: None, counted, compared, is_comparing: false, results, copying }
    }
}

impl Measured {
    /// Whether the pictures must stay as they are for a moment: changing one that is being copied would copy all of it again.
    pub fn is_copying(&self) -> bool {
        self.copying.strong_count() > 0
    }

    /// Measures what has changed; `wake` is called after a while, when there is something new.
    pub fn measure(&mut self, desk: &Desk, wake: impl Fn(Duration) + Send + 'static) {
        let growth = desk.growth.as_ref();
        let grown = growth.map_or((0, false), |growth| (growth.updates, growth.is_open));
        let stamps = desk.shown().map(|side| side.map(|shown| (shown.stamp, shown.layer)));
        self.count(desk, (stamps[0], desk.view.white().to_bits(), grown), &wake);
        self.compare(desk, (stamps, grown), wake);
    }

    fn count(&mut self, desk: &Desk, asked: (Of, u32, Grown), wake: &impl Fn(Duration)) {
        if let Some((of, at)) = self.counted {
            let is_only_grown = asked.2.1 && (of.0, of.1, of.2.1) == (asked.0, asked.1, true);
            if of == asked {
                return;
            }
            if is_only_grown && at.elapsed() < EVERY {
                return wake(EVERY);
            }
        }
        self.histogram = desk.shown()[0].map(|first| {
            let (width, height) = (first.picture.width, first.picture.height);
            let pixels = width as usize * height as usize;
            let step = ((pixels as f64 / PIXELS_MAX as f64).sqrt().ceil() as usize).max(1);
            let places =
                (0..height).step_by(step).flat_map(|y| (0..width).step_by(step).map(move |x| (x, y)));
            let light = places.map(|(x, y)| first.picture.light(first.layer, x, y));
            Histogram::of(light, desk.view.white())
        });
        self.counted = Some((asked, Instant::now()));
    }

    fn compare(&mut self, desk: &Desk, asked: Compared, wake: impl Fn(Duration) + Send + 'static) {
        while let Ok((of, against)) = self.results.1.try_recv() {
            self.is_comparing = false;
            self.compared = Some((of, against, Instant::now()));
        }
        let both = desk.first.as_ref().zip(desk.second.as_ref()).filter(|_| desk.mode == Mode::Difference);
        let Some((first, second)) = both else {
            self.against = None;
            return;
        };
        if let Err(why) = compare::same_size(&first.picture, &second.picture) {
            self.against = Some(Against::Not(why.to_string()));
            return;
        }
        let (mut shown, mut waits) = (Against::Pending, false);
        if let Some((of, against, at)) = &self.compared {
            // Numbers of a picture that has grown a little are better than none.
            let is_near = of.0 == asked.0;
            if is_near {
                shown = against.clone();
            }
            if *of == asked {
                self.against = Some(shown);
                return;
            }
            waits = is_near && asked.1.1 && at.elapsed() < EVERY;
        }
        self.against = Some(shown);
        if self.is_comparing {
            return;
        }
        if waits {
            return wake(EVERY);
        }
        let copying = Arc::new(());
        (self.is_comparing, self.copying) = (true, Arc::downgrade(&copying));
        let (results, layers) = (self.results.0.clone(), (desk.layer, desk.partner()));
        let (first, second) = (Arc::clone(&first.picture), Arc::clone(&second.picture));
        std::thread::spawn(move || {
            let (reference, test) = (first.colours(layers.0), second.colours(layers.1));
            drop((first, second, copying));
            wake(Duration::ZERO);
            let against = match compare_colours(&test, &reference) {
                Ok(error) => Against::Apart(error),
                Err(why) => Against::Not(why.to_string()),
            };
            // The window may have gone.
            let _ = results.send((asked, against));
            wake(Duration::ZERO);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::made;
    use crate::shown::Side;

    fn desk() -> Desk {
        let mut desk = Desk::default();
        desk.put(Side::First, made(16, 16, &[("beauty", &["R", "G", "B"], |_, _| 1.0)]), None);
        desk.put(Side::Second, made(16, 16, &[("beauty", &["R", "G", "B"], |_, _| 1.5)]), None);
        desk.mode = Mode::Difference;
        desk
    }

    fn compared(measured: &mut Measured, desk: &Desk) -> ColourError {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            measured.measure(desk, |_| ());
            if let Some(Against::Apart(error)) = &measured.against {
                return error.clone();
            }
            assert!(Instant::now() < until, "they are compared");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn pictures_are_compared_once_whatever_the_exposure_and_nobody_waits_for_it() {
        let (mut measured, mut desk) = (Measured::default(), desk());
        measured.measure(&desk, |_| ());
        assert!(matches!(measured.against, Some(Against::Pending)));
        assert!((compared(&mut measured, &desk).mse - 0.25).abs() < 1e-9);
        let above = measured.histogram.as_ref().map(|histogram| histogram.above);
        desk.view.ev = 3.0;
        measured.measure(&desk, |_| ());
        assert!(matches!(measured.against, Some(Against::Apart(_))) && !measured.is_comparing);
        assert_ne!(
            measured.histogram.as_ref().map(|histogram| histogram.above),
            above,
            "that one is counted"
        );
        desk.put(Side::Second, made(16, 16, &[("beauty", &["R", "G", "B"], |_, _| 1.0)]), None);
        measured.measure(&desk, |_| ());
        assert!(matches!(measured.against, Some(Against::Pending)), "of another B nothing is known");
        assert_eq!(compared(&mut measured, &desk).mse, 0.0);
        assert!(!measured.is_copying());
    }
}
