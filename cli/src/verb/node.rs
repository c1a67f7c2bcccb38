//! `tessera node`: runs a node by its owner's rules, and speaks with the one that runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use app::earn::{Owner, Rules, Status, Wish, door};
use app::gpu;
use app::metrics::{Endpoint, Panel, Source};
use app::places::{self, Part};
use app::rig::{self, Rig};
use app::sharing::{self, Share};
use app::{Event, Exit, Fault};
use render_net::wire::TooLong;

use crate::args::{Node, NodeRules, NodeWord, PauseEnd};
use crate::interrupt;
use crate::speak::{audience, data_line, named, talk};

/// What `--gpu` takes for every GPU.
const ALL: &str = "all";

pub(crate) fn node(asked: Node, json: bool) -> Result<Exit, Fault> {
    match asked.word {
        Some(NodeWord::Status(folder)) => status(folder.data.as_deref(), json),
        Some(NodeWord::Pause(pause)) => {
            let wish = match pause.until {
                None => Wish::Pause,
                Some(PauseEnd::Hour) => Wish::PauseHour,
                Some(PauseEnd::Back) => Wish::PauseUntilBack,
                Some(PauseEnd::Tomorrow) => Wish::PauseUntilTomorrow,
            };
            tell(pause.folder.data.as_deref(), wish, json)
        }
        Some(NodeWord::Resume(folder)) => tell(folder.data.as_deref(), Wish::Earn, json),
        Some(NodeWord::Finish(finish)) => {
            let data = finish.folder.data.as_deref();
            let Some(seconds) = finish.wait else { return tell(data, Wish::FinishThenPause, json) };
            let nodes = nodes(data)?;
            let until = Instant::now() + Duration::from_secs(seconds);
            nodes
                .iter()
                .try_for_each(|(_, folder)| door::tell(Some(folder), Wish::FinishThenPause).map(drop))?;
            for (gpu, folder) in &nodes {
                let left = until.saturating_duration_since(Instant::now());
                show(gpu, &door::settle(Some(folder), left)?, json);
            }
            Ok(Exit::Done)
        }
        Some(NodeWord::Rules(rules)) => check_rules(&rules, json),
        None => run(asked, json),
    }
}

fn run(asked: Node, json: bool) -> Result<Exit, Fault> {
    let coordinator = asked.coordinator.ok_or_else(|| {
        Fault::usage("no coordinator was named", "name one with --coordinator tessera://HOST:PORT#KEY")
    })?;
    let rules = match &asked.rules {
        Some(file) => read_rules(file, Rules::headless())?,
        None => Rules::headless(),
    };
    let rules = match asked.referee.is_empty() {
        true => rules,
        false => rules.with_referees(asked.referee).map_err(|TooLong { count, max }| {
            let what =
                format!("--referee: {count} referees are named, and a node can ask for one of at most {max}");
            Fault::usage(what, "name fewer, or leave the flag out to work with any job")
        })?,
    };
    let endpoint = asked.metrics.map(Endpoint::open).transpose()?;
    let mut gpus = asked.gpu;
    let is_one = gpus.len() < 2 && gpus.iter().all(|gpu| gpu != ALL);
    let share = Share {
        coordinator,
        data: asked.data,
        adapter: if is_one { gpus.pop() } else { None },
        price: asked.price,
        memory_mib: asked.vram_limit,
        weights: asked.weights,
        once: asked.once,
        nodes_here: 1,
    };
    let stop = interrupt::listen()?;
    let (panel, mut audience) = (Panel::default(), audience(json));
    let source = Source::Nodes(panel.clone());
    let _serving = endpoint.map(|endpoint| endpoint.serve(source, &mut *audience)).transpose()?;
    if !is_one {
        let gpus = if gpus.iter().any(|gpu| gpu == ALL) { gpu::usable()? } else { gpu::meant(&gpus)? };
        return rig::share(&share, &gpus, &rules, &panel, &stop, &mut *audience);
    }
    let (owner, controls) = Owner::new(rules);
    panel.add(controls);
    sharing::share_owned(&share, owner, &stop, &mut *audience)
}

/// The node's state, or of each GPU's node; 1 where none runs, so that a health check needs no parser.
fn status(data: Option<&Path>, json: bool) -> Result<Exit, Fault> {
    let mut exit = Exit::Failure;
    for (gpu, folder) in nodes(data)? {
        let status = door::status(Some(&folder))?;
        show(&gpu, &status, json);
        if status.standing.is_running && !status.is_stale {
            exit = Exit::Done;
        }
    }
    Ok(exit)
}

fn tell(data: Option<&Path>, wish: Wish, json: bool) -> Result<Exit, Fault> {
    for (gpu, folder) in nodes(data)? {
        show(&gpu, &door::tell(Some(&folder), wish)?, json);
    }
    Ok(Exit::Done)
}

/// The nodes that a data folder stands for: several where the desktop has several GPUs earn.
fn nodes(data: Option<&Path>) -> Result<Vec<(String, PathBuf)>, Fault> {
    Rig::new(&places::data_folder(Part::Node, data)?).running()
}

/// `gpu` is empty where there is nothing to tell apart.
fn show(gpu: &str, status: &Status, json: bool) {
    if json {
        let mut value = serde_json::to_value(status).expect("a state holds only text and numbers");
        if let (false, Some(fields)) = (gpu.is_empty(), value.as_object_mut()) {
            fields.insert("gpu".into(), gpu.into());
        }
        data_line(&Event::Finding { subject: "node".into(), value, advice: None }.to_json());
        return;
    }
    data_line(&format!("{}{}", named(gpu), status.sentence()));
    let standing = &status.standing;
    for also in &standing.decision.also {
        data_line(&format!("  also: {}", also.sentence()));
    }
    let heat = standing.adapter_celsius.map(|celsius| format!(" at {celsius} °C")).unwrap_or_default();
    let done = format!(
        "{} tiles done, {} given back, {} failed, {:.1} MB sent today, on {}{heat}",
        standing.tiles_done,
        standing.given_back,
        standing.failed,
        standing.uploaded_today_bytes as f64 / 1e6,
        standing.adapter,
    );
    data_line(&done);
}

fn check_rules(asked: &NodeRules, json: bool) -> Result<Exit, Fault> {
    let base = if asked.desktop { Rules::desktop() } else { Rules::headless() };
    let rules = match &asked.file {
        None => base,
        Some(file) => {
            let rules = read_rules(file, base)?;
            talk("the rules are right; with what the file leaves out they are:");
            rules
        }
    };
    if json {
        let finding = Event::Finding { subject: "rules".into(), value: rules.to_json(), advice: None };
        data_line(&finding.to_json());
    } else {
        data_line(rules.to_toml().trim_end());
    }
    Ok(Exit::Done)
}

fn read_rules(file: &Path, base: Rules) -> Result<Rules, Fault> {
    let text = std::fs::read_to_string(file).map_err(|error| Fault::file("read", file, &error))?;
    Rules::from_toml(&text, base).map_err(|fault| {
        let what = format!("\"{}\": {fault}", file.display());
        Fault::usage(what, "mend the file; `tessera node rules` prints one with every rule")
    })
}
