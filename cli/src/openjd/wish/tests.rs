use clap::Parser;
use serde_json::Value;

use super::*;
use crate::args::{Line, Looks, OpenJdVerb, Submit, Verb};
use crate::openjd::review;

fn wish(flags: &str) -> TemplateWish {
    let line = format!("tessera openjd template scene.glb {flags}");
    match Line::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}")).verb
    {
        Verb::Openjd(OpenJdVerb::Template(wish)) => *wish,
        other => panic!("{other:?}"),
    }
}

fn document(wish: &TemplateWish) -> Value {
    let folder = std::env::current_dir().expect("tests run somewhere");
    let template = template(wish, &folder).unwrap_or_else(|fault| panic!("{fault}"));
    let text = serde_json::to_string(&template).expect("plain data");
    review(&text, openjd_model::DocumentType::Json).unwrap_or_else(|problems| panic!("{problems:?}"));
    serde_json::from_str(&text).expect("it was just written")
}

/// The command line of a task, with every parameter as it is by default.
fn command(document: &Value, frame: &str) -> Vec<String> {
    let action = &document["steps"][0]["script"]["actions"]["onRun"];
    let mut words = vec![action["command"].clone()];
    words.extend(action["args"].as_array().expect("a list").iter().cloned());
    let filled = words.iter().map(|word| {
        let mut word = word.as_str().expect("text").replace("{{Task.Param.Frame}}", frame);
        for one in document["parameterDefinitions"].as_array().expect("a list") {
            let name = format!("{{{{Param.{}}}}}", one["name"].as_str().expect("text"));
            let value = &one["default"];
            word = word.replace(&name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        assert!(!word.contains("{{"), "{word} is filled");
        word
    });
    filled.collect()
}

fn submitted(document: &Value) -> Submit {
    match Line::try_parse_from(command(document, "")).expect("the program understands it").verb {
        Verb::Submit(submit) => submit,
        other => panic!("{other:?}"),
    }
}

fn rendered(document: &Value, frame: &str) -> (String, Looks) {
    match Line::try_parse_from(command(document, frame)).expect("the program understands it").verb {
        Verb::Render(render) => {
            assert!(render.openjd);
            (render.output.display().to_string(), render.looks)
        }
        other => panic!("{other:?}"),
    }
}

const MUCH: &str = "-o out/shot.####.exr --frames 1,5-9x2 --fps 25 --shutter 0.5 --camera Main --f-stop 2.8 --focus 3.5 --env sky.hdr --env-strength 0.5 --env-rotate -90.5 \
    --seed 7 --spp 3 --size 64x48 --max-bounces 2 --filter box --microfacet single --clamp-indirect 0 --denoise local \
    --weights small --gpu llvm --tile 32 --layers beauty,depth --exr-layout blender --compression none";

#[test]
fn a_task_renders_with_the_flags_that_were_given() {
    let wish = wish(MUCH);
    let document = document(&wish);
    let (output, looks) = rendered(&document, "5");
    assert_eq!(output, "out/shot.####.exr");
    let mut asked = wish.looks;
    (asked.frames, asked.steady) = (looks.frames.clone(), looks.steady);
    assert_eq!(format!("{looks:?}"), format!("{asked:?}"));
    assert_eq!(looks.frames.expect("one").frames(), [5]);
    assert_eq!(looks.steady, Some(crate::args::Steady::Off));
    let space = &document["steps"][0]["parameterSpace"]["taskParameterDefinitions"][0];
    assert_eq!((&space["type"], &space["range"]), (&"INT".into(), &"{{Param.Frames}}".into()));
}

#[test]
fn what_nobody_asked_for_stays_as_usual_but_the_network_is_the_same_for_all() {
    let document = document(&wish("-o shot.exr"));
    let (_, looks) = rendered(&document, "");
    assert!(looks.size.is_none() && looks.env.is_none() && looks.camera.is_none() && looks.frames.is_none());
    assert_eq!(format!("{:?}", looks.weights), "Some(Carried(Quality))");
    let step = &document["steps"][0];
    assert!(step.get("parameterSpace").is_none(), "a still is one task");
    assert_eq!(step["hostRequirements"]["amounts"][0]["name"], "amount.worker.gpu");
}

#[test]
fn a_coordinator_gets_all_frames_in_one_task() {
    let key = "00".repeat(32);
    let address = format!("tessera://farm.example:7411#{key}");
    let more =
        format!("--coordinator {address} --max-price 5 --nodes {key} --no-audit --referee {key} --data keys");
    let wish = wish(&format!("{MUCH} {more}").replace("--gpu llvm", ""));
    let document = document(&wish);
    let submit = submitted(&document);
    assert!(submit.openjd && submit.no_audit && !submit.detach);
    assert_eq!((submit.coordinator, submit.market.max_price), (address, Some(5)));
    assert_eq!((submit.market.nodes.len(), submit.market.referee.is_some()), (1, true));
    assert_eq!(submit.market.data, Some("keys".into()));
    let mut asked = wish.looks;
    asked.steady = submit.looks.steady;
    assert_eq!(format!("{:?}", submit.looks), format!("{asked:?}"));
    assert_eq!(submit.looks.steady, Some(crate::args::Steady::On), "all neighbours are there");
    assert!(document["steps"][0].get("parameterSpace").is_none());
    assert!(document["steps"][0].get("hostRequirements").is_none(), "nodes have the GPUs");
}

#[test]
fn chunks_are_ranges_that_the_program_reads() {
    let document = document(&wish("-o shot.####.exr --frames 1-24 --chunk 8 --steady on --cpu-workers"));
    let (_, looks) = rendered(&document, "9-16");
    assert_eq!(looks.frames.expect("some").frames(), (9..=16).collect::<Vec<_>>());
    assert_eq!(looks.steady, Some(crate::args::Steady::On));
    assert_eq!(document["extensions"][0], "TASK_CHUNKING");
    assert!(document["steps"][0].get("hostRequirements").is_none());
}

#[test]
fn nothing_denoises_later_what_was_to_stay_noisy() {
    let document = document(&wish("-o shot.####.exr --frames 1-2 --denoise off --env none"));
    let (_, looks) = rendered(&document, "1");
    assert_eq!((looks.weights.is_none(), looks.steady), (true, None));
    assert_eq!(looks.env, Some("none".into()));
}

#[test]
fn what_no_worker_could_render_is_refused_here() {
    for (flags, why) in [
        ("-o shot.exr --frames 1-3", "####"),
        ("-o shot.exr --frames 1", "####"),
        ("-o shot.png", ".exr"),
        ("-o shot.exr --spp 0", "samples per pixel"),
        ("-o shot.####.exr --frames 1-3 --steady on", "--chunk"),
        ("-o shot.exr --denoise off --weights small", "--weights"),
        ("-o shot.exr --compression dwaa", "--layers"),
    ] {
        let fault = template(&wish(flags), Path::new("/")).expect_err(flags);
        assert_eq!(fault.exit, app::Exit::Usage, "{fault}");
        assert!(fault.to_string().contains(why), "{flags}: {fault}");
    }
}

#[test]
fn paths_in_the_templates_folder_are_defaults_and_others_are_left_to_whoever_submits() {
    let folder = std::path::absolute("job").expect("tests run somewhere");
    let sheet = Sheet { words: vec![], parameters: vec![], folder: &folder };
    assert_eq!(sheet.place(Path::new("job/scenes/a.glb")), Ok(Spot::Inside("scenes/a.glb".into())));
    assert_eq!(sheet.place(Path::new("job")), Ok(Spot::Inside(".".into())));
    for path in ["a.glb", "job/../a.glb"] {
        let spot = sheet.place(Path::new(path));
        assert!(matches!(&spot, Ok(Spot::Elsewhere(path)) if Path::new(path).is_absolute()), "{spot:?}");
    }
    let template = template(&wish("-o job/a.exr --env job/sky.hdr"), &folder).expect("it can be written");
    let unnamed: Vec<_> = template.unnamed().map(|(name, _)| name).collect();
    assert_eq!(unnamed, ["Scene"]);
    let text = serde_json::to_string(&template).expect("plain data");
    assert!(!text.contains("scene.glb") && text.contains("\"sky.hdr\""), "{text}");
    let values = serde_json::to_string(&template.values()).expect("plain data");
    assert!(values.contains("scene.glb") && !values.contains("sky.hdr"), "{values}");
}
