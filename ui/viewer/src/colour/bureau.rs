//! Reads configurations and makes ways on a thread of its own: what comes from a file may panic there or never end, and the window
//! goes on with its built-in views.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::space::Space;
use super::{Choice, Display, Generator, Way};
use crate::trouble::Trouble;
use crate::words::{fill, say};

/// Parsers call themselves for parts within parts; [`super::guard`] bounds how deep, and this is ten times what that needs.
const STACK_BYTES: usize = 64 << 20;

/// How a configuration is read.
pub type Open = dyn Fn(&str) -> Result<Box<dyn Generator>, Trouble> + Send;

/// What the thread has to say.
pub enum Answer {
    /// The configuration is read.
    Opened {
        /// What it was asked for by.
        source: String,
        /// Its displays.
        displays: Vec<Display>,
        /// Its own choice.
        usual: Choice,
    },
    /// There is no configuration.
    Closed(Trouble),
    /// A way is made.
    Made {
        /// From this space.
        from: Space,
        /// To this view.
        to: Choice,
        /// The way, or why there is none.
        way: Result<Way, Trouble>,
    },
}

/// The thread and what was asked of it.
pub struct Bureau {
    asks: Sender<(Space, Choice)>,
    answers: Receiver<Answer>,
    asked: Option<(Space, Choice)>,
}

impl Bureau {
    /// Starts reading a configuration; `wake` is called with every answer.
    pub fn start(source: String, open: Box<Open>, wake: impl Fn() + Send + 'static) -> Self {
        let (asks, asked) = channel();
        let (answer, answers) = channel();
        let work = move || {
            let say = |what: Answer| {
                // The window may have gone.
                let _ = answer.send(what);
                wake();
            };
            work(source, &open, &asked, say);
        };
        // A system without threads has no window either.
        let started = std::thread::Builder::new().name("colour".into()).stack_size(STACK_BYTES).spawn(work);
        if let Err(error) = started {
            tracing::warn!(%error, "no colour configuration is read");
        }
        Self { asks, answers, asked: None }
    }

    /// Asks for a way, once.
    pub fn ask(&mut self, from: Space, to: Choice) {
        let wanted = Some((from, to));
        if self.asked != wanted {
            self.asked.clone_from(&wanted);
            // Without the thread there is no answer, and built-in views stay.
            let _ = wanted.map(|wanted| self.asks.send(wanted));
        }
    }

    /// What it has said since.
    pub fn answer(&mut self) -> Option<Answer> {
        let answer = self.answers.try_recv().ok()?;
        if let Answer::Made { from, to, .. } = &answer
            && self.asked.as_ref().is_some_and(|asked| (&asked.0, &asked.1) == (from, to))
        {
            self.asked = None;
        }
        Some(answer)
    }
}

fn work(source: String, open: &Open, asked: &Receiver<(Space, Choice)>, say: impl Fn(Answer)) {
    let name = super::ocio::name(&source);
    let config = match caught(&name, || open(&source)) {
        Ok(config) => config,
        Err(trouble) => return say(Answer::Closed(trouble)),
    };
    say(Answer::Opened { source, displays: config.displays().to_vec(), usual: config.usual() });
    while let Ok(mut wanted) = asked.recv() {
        // Who pages through views waits for the last one only.
        while let Ok(later) = asked.try_recv() {
            wanted = later;
        }
        let (from, to) = wanted;
        let way = caught(&name, || config.way(&from, &to));
        say(Answer::Made { from, to, way });
    }
}

/// A panic of somebody else's code is one more thing that can be wrong with a file.
fn caught<T>(name: &str, work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let what = fill("trouble.ocio", &[("name", name), ("why", say("trouble.ocio.panic"))]);
        Err(Trouble { what, advice: say("trouble.ocio.advice").into() })
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn answer(bureau: &mut Bureau) -> Answer {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(answer) = bureau.answer() {
                return answer;
            }
            assert!(Instant::now() < until, "it answers");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    struct Panics([Display; 1]);

    impl Generator for Panics {
        fn displays(&self) -> &[Display] {
            &self.0
        }

        fn usual(&self) -> Choice {
            self.0[0].first()
        }

        fn way(&self, _: &Space, to: &Choice) -> Result<Way, Trouble> {
            panic!("{}", to.view)
        }
    }

    #[test]
    fn a_panic_while_reading_is_told() {
        let open = |_: &str| -> Result<Box<dyn Generator>, Trouble> { panic!("a table of no size") };
        let mut bureau = Bureau::start("show/config.ocio".into(), Box::new(open), || ());
        let Answer::Closed(trouble) = answer(&mut bureau) else { panic!("it cannot be open") };
        assert!(trouble.what.contains("show/config.ocio"), "{trouble:?}");
    }

    #[test]
    fn a_panic_in_one_view_is_told_and_the_next_is_tried() {
        let display = Display { name: "d".into(), views: vec!["v".into(), "w".into()] };
        let open =
            move |_: &str| -> Result<Box<dyn Generator>, Trouble> { Ok(Box::new(Panics([display.clone()]))) };
        let mut bureau = Bureau::start("config.ocio".into(), Box::new(open), || ());
        assert!(matches!(answer(&mut bureau), Answer::Opened { .. }));
        for view in ["v", "w", "v"] {
            let to = Choice { display: "d".into(), view: view.into() };
            bureau.ask(Space::default(), to.clone());
            let Answer::Made { to: made, way: Err(_), .. } = answer(&mut bureau) else {
                panic!("{view} panics")
            };
            assert_eq!(made, to);
        }
    }
}
