//! Whether pages are what Prometheus, the README, the alerts and the dashboard take them for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use render_net::coordinator::{Look, Metered, PeerCounts, Reading};
use render_net::market::Census;

use super::node::{Numbers as NodeNumbers, Seen};
use super::*;
use crate::earn::{Activity, Asked, Engine, Moment, Power, ProgramName, Reason, Rules, Sensed, Signals};
use crate::earn::{Owner, Standing, Tally};
use crate::event::Event;
use crate::fault::Exit;

const README: &str = include_str!("../../../integrations/prometheus/README.md");
const NOW_MS: u64 = 1_700_000_000_000;

fn standing() -> Standing {
    let signals = Signals { power: Sensed::Known(Power::Mains), ..Signals::default() };
    let signals = Signals { activity: Activity::Idle, ..signals };
    let mut engine = Engine::new(Rules::headless(), Asked::Earn);
    Standing {
        decision: engine.handle(Moment { unix_s: 0, offset_s: 0 }, &signals),
        is_running: true,
        activity: Activity::Idle,
        adapter: "llvmpipe".into(),
        adapter_celsius: Some(61),
        tiles_done: 3,
        given_back: 1,
        failed: 0,
        uploaded_today_bytes: 5,
        uploaded_day: 20_000,
        asked: Asked::Earn,
        heard: 0,
        at_unix_ms: NOW_MS,
        last: Default::default(),
    }
}

fn seen() -> Seen {
    Seen { standing: Some(standing()), tally: Tally::default(), now_unix_ms: NOW_MS + 900 }
}

fn because(reason: Reason) -> Seen {
    let mut standing = standing();
    standing.decision.reason = reason;
    Seen { standing: Some(standing), ..seen() }
}

fn farm_page(format: Format) -> String {
    let reading = Reading {
        metered: Metered::default(),
        peers: PeerCounts::default(),
        objects: 2,
        objects_bytes: 70,
        objects_bytes_max: 1 << 40,
    };
    let look = Look { census: Some(Census::default()), has_objects: true };
    page::text(farm::Numbers { reading, look }, format)
}

fn node_page(format: Format) -> String {
    page::text(NodeNumbers(vec![seen()]), format)
}

/// What a page says of each name: its type, its help and its labels.
fn families(page: &str) -> BTreeMap<String, (String, String, BTreeSet<String>)> {
    let mut families: BTreeMap<String, (String, String, BTreeSet<String>)> = BTreeMap::new();
    for line in page.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name.into()).or_default().1 = help.into();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            families.entry(name.into()).or_default().0 = kind.into();
        } else {
            let (sample, value) = line.rsplit_once(' ').expect("a name and a value");
            assert!(value.parse::<f64>().is_ok_and(|value| value >= 0.0), "{line}");
            let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
            let suffixes = ["", "_bucket", "_sum", "_count"];
            let of = suffixes.iter().filter_map(|suffix| name.strip_suffix(suffix));
            let family = of.into_iter().find(|base| families.contains_key(*base)).map(str::to_owned);
            let family = family.unwrap_or_else(|| panic!("{line} has no help above it"));
            let labels = labels.trim_end_matches('}').split("\",").filter_map(|pair| pair.split_once('='));
            let entry = families.get_mut(&family).expect("it was found");
            entry.2.extend(labels.map(|(label, _)| label.to_owned()).filter(|label| label != "le"));
        }
    }
    families
}

#[test]
fn the_readme_lists_every_metric_as_it_is_and_no_other() {
    let (tables, values) = README.split_once("Labels have these values").expect("what its tables end with");
    let (_, tables) = tables.split_once("## Metrics").expect("what they begin with");
    let mut rows = BTreeSet::new();
    for page in [farm_page(Format::Prometheus), node_page(Format::Prometheus)] {
        for (name, (kind, help, labels)) in families(&page) {
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            rows.insert(format!("| `{name}` | {kind} | {} | {help} |", labels.join(", ")));
        }
        for pair in page.lines().filter_map(|line| line.split_once('{')).flat_map(|(_, rest)| rest.split(','))
        {
            let (label, value) = pair.split_once("=\"").expect("a label and its value");
            let value = value.split('"').next().unwrap_or_default();
            let row = values.lines().find(|line| line.starts_with(&format!("| `{label}` |")));
            let is_told = row.is_some_and(|row| row.contains(&format!("`{value}`")));
            let is_free = ["le", "gpu", "adapter", "version", "code"].contains(&label);
            assert!(is_told || is_free, "{label}: {value}");
        }
    }
    let told: BTreeSet<String> =
        tables.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect();
    let missing: Vec<&String> = rows.difference(&told).collect();
    let extra: Vec<&String> = told.difference(&rows).collect();
    assert!(missing.is_empty() && extra.is_empty(), "to be added: {missing:#?}\nto be removed: {extra:#?}");
}

/// The rules of `promtool check metrics` that can be checked without it, and ours for labels.
#[test]
fn names_follow_the_rules_of_prometheus_and_labels_are_few() {
    const LABELS: [&str; 10] =
        ["adapter", "code", "event", "gpu", "outcome", "role", "state", "step", "version", "le"];
    const UNITS: [&str; 8] = ["_ms", "_millis", "_mib", "_gib", "_kb", "_mb", "_percent", "_minutes"];
    for page in [farm_page(Format::Prometheus), node_page(Format::Prometheus)] {
        let families = families(&page);
        assert!(families.len() > 10);
        for (name, (kind, help, labels)) in families {
            let plain = |letter: char| letter.is_ascii_lowercase() || letter == '_';
            assert!(name.chars().all(plain), "{name}");
            assert!(name.starts_with("tessera_") || name.starts_with("process_"), "{name}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
            assert!(!UNITS.iter().any(|unit| name.contains(unit)), "{name}: only base units");
            assert!(!["_bucket", "_count", "_sum"].iter().any(|end| name.ends_with(end)), "{name}");
            assert!(help.ends_with('.') && !help.contains('|'), "{name}: {help}");
            assert!(labels.iter().all(|label| LABELS.contains(&label.as_str())), "{name}: {labels:?}");
            if kind == "histogram" {
                assert!(page.contains(&format!("{name}_bucket{{")) && page.contains("le=\"+Inf\""), "{name}");
            }
        }
        assert!(page.lines().filter(|line| !line.starts_with('#')).count() < 120, "{page}");
    }
}

#[test]
fn whoever_names_open_metrics_gets_it_and_everybody_else_the_text_format() {
    assert_eq!(
        Format::accepted("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"),
        Format::OpenMetrics
    );
    for header in ["", "*/*", "text/html", "text/plain; version=0.0.4"] {
        assert_eq!(Format::accepted(header), Format::Prometheus, "{header}");
    }
    let page = farm_page(Format::OpenMetrics);
    assert!(page.ends_with("# EOF\n") && page.contains("# TYPE tessera_coordinator_requests counter\n"));
}

/// Alerts and dashboard name no metric that does not exist.
#[test]
fn alerts_and_dashboard_ask_for_metrics_that_exist() {
    let mut names = BTreeSet::new();
    for page in [farm_page(Format::Prometheus), node_page(Format::Prometheus)] {
        for (name, (kind, ..)) in families(&page) {
            if kind == "histogram" {
                names.extend(["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}")));
            } else {
                names.insert(name);
            }
        }
    }
    let dashboard = include_str!("../../../integrations/prometheus/dashboard.json");
    let whole: serde_json::Value = serde_json::from_str(dashboard).expect("it is JSON");
    assert!(whole["panels"].as_array().is_some_and(|panels| panels.len() >= 8));
    for (file, text) in [
        ("alerts.yml", include_str!("../../../integrations/prometheus/alerts.yml")),
        ("dashboard.json", dashboard),
    ] {
        let expressions =
            text.lines().filter(|line| line.trim_start().starts_with("expr") || line.contains("\"expr\""));
        let mut asked = 0;
        for expression in expressions {
            let words = expression.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
            for word in words.filter(|word| word.starts_with("tessera_") || word.starts_with("process_")) {
                asked += 1;
                assert!(names.contains(word), "{file} asks for {word}");
            }
        }
        assert!(asked >= 6, "{file} names {asked} metrics");
    }
}

#[test]
fn a_node_is_unwell_when_it_does_not_do_its_job_and_only_then() {
    let unwell = |seen: &Seen| {
        let health = seen.health();
        assert!(!health.is_healthy, "{health:?}");
        health.sentence
    };
    assert_eq!(unwell(&Seen { standing: None, ..seen() }), "the node has not started yet");
    assert_eq!(unwell(&because(Reason::Offline)), "the coordinator cannot be reached");
    let ended = Standing { is_running: false, ..standing() };
    assert_eq!(unwell(&Seen { standing: Some(ended), ..seen() }), "the node is not running");
    let silent = Seen { now_unix_ms: NOW_MS + 60_000, ..seen() };
    assert_eq!(unwell(&silent), "the node has told nothing for 60 s");
    let mut failing = seen();
    failing.tally.failed_in_a_row = 2;
    assert_eq!(unwell(&failing), "the GPU failed the last 2 tiles");
    for reason in
        [Reason::PausedByYou, Reason::NoWork { is_judged: false }, Reason::NoRoom, Reason::Rendering]
    {
        let health = because(reason.clone()).health();
        assert!(health.is_healthy && health.state == reason.code(), "{health:?}");
    }
    let program = ProgramName::new("Night Race");
    for reason in [Reason::FullScreen { program: program.clone() }, Reason::AppRunning { program }] {
        let health = because(reason).health();
        assert!(health.is_healthy && !health.sentence.contains("Night"), "{health:?}");
    }
}

#[test]
fn of_several_gpus_each_is_told_and_the_first_that_is_not_well_speaks() {
    let panel = Panel::default();
    let add = || {
        let (owner, controls) = Owner::new(Rules::headless());
        panel.add(controls);
        owner
    };
    let _one = add();
    assert_eq!(panel.health().sentence, "the node has not started yet");
    let _other = add();
    assert_eq!(panel.health().sentence, "GPU 0: the node has not started yet");
    let page = page::text(panel.numbers(), Format::Prometheus);
    for gpu in [0, 1] {
        assert!(page.contains(&format!("tessera_node_healthy{{gpu=\"{gpu}\"}} 0.0\n")), "{page}");
    }
}

#[test]
fn a_coordinator_is_unwell_while_store_or_objects_do_not_answer() {
    let census = Some(Census::default());
    assert!(farm::health(Look { census, has_objects: true }).is_healthy);
    let objects = farm::health(Look { census, has_objects: false });
    assert_eq!((objects.is_healthy, objects.state), (false, "objects_away"));
    let store = farm::health(Look { census: None, has_objects: false });
    assert_eq!((store.is_healthy, store.state), (false, "store_away"));
}

#[test]
fn an_address_is_a_port_here_or_one_of_the_computers_own() {
    assert_eq!(address("9464"), Ok(([127, 0, 0, 1], 9464).into()));
    assert_eq!(address("0.0.0.0:1"), Ok(([0, 0, 0, 0], 1).into()));
    assert!(address("[::1]:9464").is_ok_and(|address| address.ip().is_loopback()));
    for wrong in ["", "localhost:9464", "70000", "127.0.0.1"] {
        assert!(address(wrong).is_err(), "{wrong}");
    }
}

fn serving(at: [u8; 4]) -> (Serving, SocketAddr, Vec<Event>) {
    let endpoint = Endpoint::open((at, 0).into()).expect("a free port");
    let address = SocketAddr::new([127, 0, 0, 1].into(), endpoint.address().port());
    let mut told = Vec::new();
    let serving =
        endpoint.serve(Source::Nodes(Panel::default()), &mut |event: &Event| told.push(event.clone()));
    (serving.expect("a thread"), address, told)
}

/// What comes back for these bytes until the other side closes.
fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    // Who is refused before all was sent may hear of it only by the connection's end.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn only_what_is_there_is_answered_and_only_get() {
    let (_serving, address, told) = serving([127, 0, 0, 1]);
    assert_eq!(told, [Event::MetricsReady { address: format!("http://{address}/metrics") }]);
    let status = |request: &str| {
        let answer = ask(address, format!("{request} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
        answer.split(' ').nth(1).and_then(|code| code.parse::<u16>().ok()).unwrap_or_default()
    };
    assert_eq!(status("GET /metrics"), 200);
    assert_eq!(status("GET /metrics?a=b"), 200);
    assert_eq!(status("GET /healthz"), 503);
    assert_eq!((status("GET /"), status("GET /metrics/"), status("GET /..")), (404, 404, 404));
    assert_eq!(
        (status("POST /metrics"), status("DELETE /healthz"), status("HEAD /metrics")),
        (405, 405, 405)
    );
    assert_eq!((status("GET metrics"), status("\0\0\0")), (404, 400));
    let health = ask(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    let told = r#"{"healthy":false,"state":"starting","sentence":"the node has not started yet"}"#;
    assert!(health.ends_with(&format!("\r\n\r\n{told}\n")), "{health}");
}

#[test]
fn clients_that_say_nothing_or_too_much_keep_nobody_out() {
    let (_serving, address, _) = serving([127, 0, 0, 1]);
    let _silent: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect(address).expect("it listens")).collect();
    let long = [b"GET /metrics HTTP/1.1\r\nX: ".as_slice(), &vec![b'a'; 1 << 20]].concat();
    assert!(!ask(address, &long).contains(" 200 "));
    let page = ask(address, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("\ntessera_build_info{"), "{page}");
}

#[test]
fn an_address_in_use_is_told_and_one_that_others_reach_is_warned_of() {
    let (_serving, address, told) = serving([0, 0, 0, 0]);
    assert!(
        matches!(&told[..], [_, Event::Live(frame::LiveEvent::Warning { message })] if message.contains("whoever reaches 0.0.0.0")),
        "{told:?}"
    );
    let fault = Endpoint::open(address).expect_err("it is in use");
    assert_eq!(fault.exit, Exit::Network);
    assert_eq!(
        fault.what,
        format!("the address {address} cannot be used for metrics: another program uses it")
    );
}
