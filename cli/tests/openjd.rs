//! Job templates of Open Job Description: the ready ones are what the program writes, and wrong ones are told by place.

#[path = "support/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use program::Place;

fn ready() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../integrations/openjd")
}

/// The commands of the page beside the ready templates that write them, without the program's name.
fn commands(page: &str) -> Vec<Vec<String>> {
    let lines = page.replace("\\\n", " ");
    let commands = lines.lines().filter(|line| line.starts_with("tessera openjd template"));
    let words =
        |line: &str| line.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).skip(1).collect();
    commands.map(words).filter(|words: &Vec<String>| words.contains(&"--save".to_owned())).collect()
}

#[test]
fn the_ready_templates_are_what_their_commands_write_and_are_valid() {
    let page = std::fs::read_to_string(ready().join("README.md")).expect("the page is there");
    let commands = commands(&page);
    let mut made = Vec::new();
    for words in &commands {
        let place = Place::new();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ended = place.run(&words);
        assert_eq!(ended.exit, 0, "{words:?}: {}", ended.talk);
        let name = words[words.iter().position(|word| *word == "--save").expect("asked for") + 1];
        let written = std::fs::read_to_string(place.path(name)).expect("it was written");
        let kept = std::fs::read_to_string(ready().join(name)).unwrap_or_default();
        assert_eq!(written, kept, "run `{}` in integrations/openjd", words.join(" "));
        let checked = place.run(&["openjd", "check", name]);
        assert_eq!(checked.exit, 0, "{}", checked.data);
        assert!(
            checked.data.starts_with("a valid job template, \"Tessera scene\": one step"),
            "{}",
            checked.data
        );
        made.push(name.to_owned());
    }
    made.sort();
    assert_eq!(made, ["render.yaml", "submit.yaml"], "each has its command on the page");
}

#[test]
fn a_template_is_the_same_as_yaml_as_json_and_on_standard_output() {
    let place = Place::new();
    let line = ["openjd", "template", "lamp.gltf", "-o", "shot.####.exr", "--frames", "1-3"];
    for name in ["job.yaml", "job.json"] {
        assert_eq!(place.run(&[&line[..], &["--save", name]].concat()).exit, 0);
        assert_eq!(place.run(&["openjd", "check", name]).exit, 0);
    }
    let yaml = std::fs::read_to_string(place.path("job.yaml")).expect("it was written");
    assert_eq!(place.run(&line).data, yaml);
    let json = place.run(&[&line[..], &["--json"]].concat());
    assert_eq!(json.data.lines().count(), 1, "{}", json.data);
    assert_eq!(place.files(), ["job.json", "job.yaml", "lamp.gltf"]);
}

#[test]
fn a_bundle_is_a_folder_with_template_and_values() {
    let place = Place::new();
    let line = ["openjd", "template", "lamp.gltf", "-o", "a.exr", "--spp", "4", "--bundle", "shot"];
    let ended = place.run(&line);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    assert_eq!(place.run(&["openjd", "check", "shot/template.yaml"]).exit, 0);
    let values = std::fs::read_to_string(place.path("shot/parameter_values.yaml")).expect("it was written");
    assert!(values.starts_with("parameterValues:"), "{values}");
    assert!(
        values.contains("name: Spp") && values.contains("value: 4") && values.contains("lamp.gltf"),
        "{values}"
    );
}

#[test]
fn wrong_templates_are_told_by_place_and_end_with_1() {
    let place = Place::new();
    let right = std::fs::read_to_string(ready().join("render.yaml")).expect("it is there");
    for (from, to, told) in [
        ("{{Param.Scene}}", "{{Param.Szene}}", "steps[0].script.actions.onRun.args[2]: "),
        ("type: INT", "type: WHOLE", "WHOLE"),
        (
            "specificationVersion: jobtemplate-2023-09",
            "specificationVersion: jobtemplate-1999",
            "jobtemplate-1999",
        ),
        ("steps:", "step:", "step"),
        ("parameterDefinitions:", "\tparameterDefinitions:", ""),
    ] {
        assert!(right.contains(from), "{from}");
        place.write("wrong.yaml", right.replace(from, to).as_bytes());
        let ended = place.run(&["openjd", "check", "wrong.yaml"]);
        assert_eq!(ended.exit, 1, "{to}: {}", ended.data);
        assert!(ended.data.contains(told) && !ended.data.is_empty(), "{to}: {}", ended.data);
        assert!(ended.talk.contains("\"wrong.yaml\" is no valid template"), "{}", ended.talk);
        let json = place.run(&["openjd", "check", "wrong.yaml", "--json"]).data;
        let lines: Vec<serde_json::Value> =
            json.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
        assert_eq!((&lines[0]["value"]["valid"], &lines[1]["exit"]), (&false.into(), &1.into()), "{json}");
        assert!(lines[0]["value"]["problems"][0]["sentence"].is_string(), "{json}");
    }
    assert_eq!(place.run(&["openjd", "check", "missing.yaml"]).exit, 1);
}

#[test]
fn lines_that_make_no_sense_are_usage_errors() {
    let place = Place::new();
    let template = ["openjd", "template", "lamp.gltf", "-o"];
    let lines: [(&[&str], &str); 7] = [
        (&["render", "lamp.gltf", "-o", "a.exr", "--openjd", "--json"], "--json"),
        (&["collect", "00112233445566778899aabbccddeeff", "--openjd", "--json"], "--json"),
        (&[&template[..], &["a.exr", "--save", "job.txt"]].concat(), "--save job.yaml"),
        (&[&template[..], &["a.exr", "--chunk", "4"]].concat(), "--frames"),
        (&[&template[..], &["a.exr", "--no-audit"]].concat(), "--coordinator"),
        (&[&template[..], &["a.####.exr", "--frames", "1-3", "--chunk", "1"]].concat(), "--chunk"),
        (&["openjd", "check"], "TEMPLATE"),
    ];
    for (line, why) in lines {
        let ended = place.run(line);
        assert_eq!(ended.exit, 2, "{line:?}: {}", ended.talk);
        assert!(ended.talk.contains(why), "{line:?}: {}", ended.talk);
        assert_eq!(place.files(), ["lamp.gltf"], "{line:?} leaves nothing behind");
    }
}

#[test]
fn a_runtime_is_told_why_a_task_failed() {
    let place = Place::new();
    place.write("wrong.glb", b"glTF of another kind");
    for (line, exit) in [
        (&["render", "wrong.glb", "-o", "a.exr", "--openjd"][..], 3),
        (&["render", "missing.glb", "-o", "a.exr", "--openjd"], 3),
        (&["render", "lamp.gltf", "-o", "a.exr", "--openjd", "--colour"], 2),
    ] {
        let ended = place.run(line);
        assert_eq!(ended.exit, exit, "{line:?}: {}", ended.talk);
        let last = ended.data.lines().last().unwrap_or_default();
        assert!(
            last.strip_prefix("openjd_fail: ").is_some_and(|why| why.contains("; ")),
            "{line:?}: {}",
            ended.data
        );
        assert!(ended.talk.lines().all(|line| !line.starts_with("openjd_")), "{}", ended.talk);
    }
}
