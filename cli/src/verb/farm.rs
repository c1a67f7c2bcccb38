//! Verbs that speak with other machines, and `demo`, which plays all of them.

use std::path::Path;
use std::time::Duration;

use app::coordinate::Announce;
use app::gpu::Reserved;
use app::quote::Inquiry;
use app::referee::Seat;
use app::submit::Submission;
use app::{
    Audience, Event, Exit, Fault, coordinate, demo, jobs, nearby, onlooking, quote, referee, statement,
    submit, verify,
};

use crate::args::{
    Collect, Coordinator, Demo, Earnings, JobNamed, Jobs, Nearby, Quote, Referee, Share, Statement,
    StatementFormat, Submit, Watch,
};
use crate::interrupt;
use crate::speak::{audience, audience_of_task, data_line, quote_words, talk, words};

pub(crate) fn coordinator(asked: Coordinator, json: bool) -> Result<Exit, Fault> {
    let place = coordinate::Place {
        listen: asked.listen,
        host: asked.host,
        data: asked.data,
        keep: coordinate::keep(&asked.store)?,
        blobs: asked.blobs,
        store_max_gib: asked.store_max,
        peer_max_gib: asked.peer_max,
        lapse_s: asked.lapse,
        announce: match asked.announce {
            None => Announce::No,
            Some(None) => Announce::Unnamed,
            Some(Some(name)) => Announce::As(name),
        },
        metrics: asked.metrics,
    };
    let stop = interrupt::listen()?;
    let mut audience = Data { json, talk: audience(json) };
    coordinate::coordinate(place, &stop, &mut audience)
}

pub(crate) fn nearby(asked: &Nearby, json: bool) -> Result<Exit, Fault> {
    let mut any = false;
    let mut data = Data { json, talk: audience(json) };
    let done = nearby::list(Duration::from_secs(asked.seconds), &mut |event: &Event| {
        any |= matches!(event, Event::CoordinatorFound { .. });
        data.hear(event);
    })?;
    talk(if any {
        "compare each code with the one that the coordinator printed when it started, before you use its address"
    } else {
        "no coordinator announces itself on this network; start one with `tessera coordinator --announce`, or ask for its address"
    });
    Ok(done)
}

pub(crate) fn referee(asked: Referee, json: bool) -> Result<Exit, Fault> {
    let Referee { coordinator, data, gpu } = asked;
    let stop = interrupt::listen()?;
    let (mut is_named, mut talk) = (json, audience(json));
    let mut audience = |event: &Event| match event {
        // A script may read this line and no other.
        Event::RefereeReady { referee } if !std::mem::replace(&mut is_named, true) => data_line(referee),
        _ => talk.hear(event),
    };
    referee::referee(&Seat { coordinator, data, adapter: gpu }, &stop, &mut audience)
}

pub(crate) fn submit(asked: Submit, json: bool) -> Result<Exit, Fault> {
    let mut audience = audience_of_task(json, asked.openjd)?;
    if asked.looks.gpu.is_some() {
        talk("note: --gpu names an adapter of this computer; nodes render with their own");
    }
    if asked.detach && asked.screens.any() {
        let what = "with --detach nobody stays to show the picture";
        return Err(Fault::usage(
            what,
            "leave out --detach, or show the job later with `tessera watch JOB --viewer`",
        ));
    }
    let request = asked.looks.request(asked.scene, asked.output)?;
    let submission = Submission {
        coordinator: asked.coordinator,
        terms: asked.market.terms(),
        data: asked.market.data,
        trusts: asked.no_audit,
        // A farm that cancels its task starts it anew or never, and either way nobody fetches this job.
        cancels: asked.openjd,
    };
    let stop = interrupt::listen()?;
    if asked.detach {
        let mut audience = Data { json, talk: audience };
        let (done, let_in) = submit::leave(&request, &submission, &stop, &mut audience)?;
        talk(&left_to(let_in));
        return Ok(done);
    }
    let mut watched = asked.screens.beside(&request.output, Some(&request.output), &mut *audience)?;
    submit::submit(&request, &submission, &stop, &mut watched)
}

/// Who renders a job that nobody follows. Only this computer has the key that each node needs to begin.
fn left_to(let_in: usize) -> String {
    let nodes = match let_in {
        0 => return "no node is there now; nodes begin when `tessera collect` runs for this job here".into(),
        1 => "1 node is".to_owned(),
        more => format!("{more} nodes are"),
    };
    format!(
        "{nodes} let in and may begin; nodes that come later wait until `tessera collect` runs here, which fetches the pictures"
    )
}

pub(crate) fn quote(asked: Quote, json: bool) -> Result<Exit, Fault> {
    let gpu = asked.looks.gpu.clone();
    // Nothing is written; frames only need names that differ.
    let request = asked.looks.request(asked.scene, "quote.####.exr".into())?;
    let (terms, data) = (asked.market.terms(), asked.market.data);
    let inquiry = asked.coordinator.map(|coordinator| Inquiry { coordinator, data, terms });
    let stop = interrupt::listen()?;
    let mut audience = Data { json, talk: audience(json) };
    quote::quote(&request, Reserved::new(gpu.as_deref()), inquiry.as_ref(), &stop, &mut audience)?;
    Ok(Exit::Done)
}

pub(crate) fn collect(asked: &Collect, json: bool) -> Result<Exit, Fault> {
    let mut audience = audience_of_task(json, asked.openjd)?;
    let stop = interrupt::listen()?;
    submit::collect(asked.job, asked.data.as_deref(), asked.no_audit, &stop, &mut *audience)
}

pub(crate) fn watch(asked: &Watch, json: bool) -> Result<Exit, Fault> {
    let stop = interrupt::listen()?;
    if let Ok(job) = asked.address.parse::<frame::JobId>() {
        let mut audience = audience(json);
        let output = submit::output_of(job, asked.data.as_deref());
        let name = Path::new(&asked.address);
        let mut watched = asked.screens.beside(name, output.as_deref(), &mut *audience)?;
        return submit::collect(job, asked.data.as_deref(), false, &stop, &mut watched);
    }
    if onlooking::is_link(&asked.address) {
        let mut audience = audience(json);
        let mut watched = asked.screens.beside(Path::new("watched"), None, &mut *audience)?;
        return onlooking::look_on(&asked.address, &stop, &mut watched);
    }
    if asked.screens.any() {
        let what = "a coordinator's address names no picture to show";
        return Err(Fault::usage(
            what,
            "name a job, as in `tessera watch JOB --viewer`; `tessera jobs` lists them",
        ));
    }
    let mut audience = Data { json, talk: audience(json) };
    jobs::watch(&asked.address, asked.data.as_deref(), &stop, &mut audience)
}

pub(crate) fn jobs(asked: &Jobs, json: bool) -> Result<Exit, Fault> {
    let mut any = false;
    let mut data = Data { json, talk: audience(json) };
    let done = jobs::list(asked.data.as_deref(), &mut |event: &Event| {
        any = true;
        data.hear(event);
    })?;
    if !any {
        talk("no job was submitted with this data folder; `tessera submit` submits one");
    }
    Ok(done)
}

pub(crate) fn pause(asked: &JobNamed, is_paused: bool, json: bool) -> Result<Exit, Fault> {
    jobs::pause(asked.job, is_paused, asked.data.as_deref(), &mut *audience(json))
}

pub(crate) fn cancel(asked: &JobNamed, json: bool) -> Result<Exit, Fault> {
    jobs::cancel(asked.job, asked.data.as_deref(), &mut *audience(json))
}

pub(crate) fn share(asked: &Share, json: bool) -> Result<Exit, Fault> {
    let mut audience = Data { json, talk: audience(json) };
    let (job, data) = (asked.job, asked.data.as_deref());
    match asked.revoke {
        true => onlooking::unshare(job, data, &mut audience),
        false => onlooking::share(job, data, &mut audience),
    }
}

pub(crate) fn earnings(asked: &Earnings, json: bool) -> Result<Exit, Fault> {
    let earned = statement::earned(&asked.coordinator, asked.data.as_deref())?;
    if json {
        finding("earnings", &earned);
    } else {
        for (name, amount) in [("held", earned.held), ("posted", earned.posted), ("paid", earned.paid)] {
            data_line(&format!("{name:8} {:>16} credits", statement::credits(amount)));
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn statement(asked: &Statement, json: bool) -> Result<Exit, Fault> {
    let lines = statement::lines(&asked.coordinator, asked.data.as_deref())?;
    if json || asked.format == StatementFormat::Json {
        lines.iter().for_each(|line| finding("statement", line));
    } else {
        data_line(statement::csv(&lines).trim_end());
    }
    Ok(Exit::Done)
}

pub(crate) fn verify(file: &Path, json: bool) -> Result<Exit, Fault> {
    let report = verify::verify(file)?;
    if json {
        finding("verify", &report);
    } else {
        data_line(&report.to_string());
    }
    Ok(Exit::Done)
}

pub(crate) fn demo(asked: &Demo, json: bool) -> Result<Exit, Fault> {
    let stop = interrupt::listen()?;
    let mut audience = audience(json);
    let Demo { nodes, liars, ref size, spp, .. } = *asked;
    let cast = demo::Cast { nodes, liars, size: size.0, spp };
    let (done, caught) = demo::demo(cast, asked.gpu.as_deref(), &asked.output, &stop, &mut *audience)?;
    let report = verify::verify(&asked.output)?;
    if json {
        finding("market", &caught);
        finding("verify", &report);
    } else {
        talk(&caught.to_string());
        talk(&report.to_string());
    }
    Ok(done)
}

/// An audience for commands whose events are their result: an address, a job's id, a list.
struct Data {
    json: bool,
    talk: Box<dyn Audience>,
}

impl Audience for Data {
    fn hear(&mut self, event: &Event) {
        match event {
            _ if self.json => self.talk.hear(event),
            Event::CoordinatorReady { address } => data_line(address),
            Event::CoordinatorFound { name, address, code } => {
                data_line(&format!("{code}  {address}  {name}"));
            }
            Event::JobSubmitted { job } => data_line(job),
            Event::Quote(quote) => data_line(&quote_words(quote)),
            Event::JobShared { link, .. } => data_line(link),
            Event::Job { .. } => data_line(&words(event).unwrap_or_default()),
            _ => self.talk.hear(event),
        }
    }
}

fn finding(subject: &str, value: &impl serde::Serialize) {
    let value = serde_json::to_value(value).expect("results hold only text and numbers");
    data_line(&Event::Finding { subject: subject.into(), value, advice: None }.to_json());
}
