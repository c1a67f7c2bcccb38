//! Verbs that make and check job templates of Open Job Description.

use std::io::Read;
use std::path::{Path, PathBuf};

use app::fault::quoted;
use app::{Event, Exit, Fault};
use openjd_model::DocumentType;
use serde::Serialize;

use crate::args::TemplateWish;
use crate::openjd::{self, Kind, Problem, Template};
use crate::speak::{data_line, talk};

pub(crate) fn template(wish: &TemplateWish, json: bool) -> Result<Exit, Fault> {
    let bundle = wish.bundle.as_deref();
    let target = wish.save.clone().or_else(|| bundle.map(|folder| folder.join("template.yaml")));
    // What is printed is taken to be kept here.
    let lies = target.as_deref().unwrap_or(Path::new("template.yaml"));
    let format = format_of_new(lies)?;
    let whole = std::path::absolute(lies).map_err(|error| Fault::file("find", lies, &error))?;
    let template = sound(wish, whole.parent().unwrap_or(&whole))?;
    if bundle.is_none() {
        for (name, path) in template.unnamed() {
            talk(&format!(
                "note: {name} has no default, for it lies outside the template's folder; submit the job with -p {name}={path}"
            ));
        }
    }
    let Some(target) = target else {
        if json {
            tell("template", &template);
        } else {
            data_line(yaml(&template).trim_end());
        }
        return Ok(Exit::Done);
    };
    let text = match format {
        DocumentType::Yaml => yaml(&template),
        DocumentType::Json => {
            let text = serde_json::to_string_pretty(&template);
            text.expect("a template holds only text and numbers") + "\n"
        }
    };
    let mut files = vec![(target, text)];
    if let Some(folder) = bundle {
        std::fs::create_dir_all(folder).map_err(|error| Fault::file("make", folder, &error))?;
        files.push((folder.join("parameter_values.yaml"), yaml(&template.values())));
    }
    for (file, text) in &files {
        write(file, text)?;
        if json {
            tell("template", &file.display().to_string());
        } else {
            talk(&format!("wrote {}", file.display()));
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn check(file: &Path, json: bool) -> Result<Exit, Fault> {
    let text = read(file).map_err(|error| Fault::file("read", file, &error))?;
    let is_json = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let found = openjd::review(&text, if is_json { DocumentType::Json } else { DocumentType::Yaml });
    if json {
        tell("openjd", &Verdict { file: file.display().to_string(), found: &found });
    } else {
        match &found {
            Ok(kind) => data_line(&kind_words(kind)),
            Err(problems) => problems.iter().for_each(|one| data_line(&problem_words(one))),
        }
    }
    let Err(problems) = found else { return Ok(Exit::Done) };
    let many = match problems.len() {
        1 => "one thing is".to_owned(),
        many => format!("{many} things are"),
    };
    let what = format!("{} is no valid template: {many} wrong", quoted(file));
    Err(Fault::failure(what, "mend what is named above, and check it again"))
}

/// A file's text, no further than it can be a template.
fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(openjd::BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// A template that a farm will take.
fn sound(wish: &TemplateWish, folder: &Path) -> Result<Template, Fault> {
    let template = openjd::template(wish, folder)?;
    match openjd::review(&yaml(&template), DocumentType::Yaml) {
        Ok(_) => Ok(template),
        Err(problems) => {
            let first = problems.first().map(problem_words).unwrap_or_default();
            let what = format!("this cannot be said in a job template: {first}");
            Err(Fault::usage(what, "choose other flags, or write that value into the template yourself"))
        }
    }
}

/// What a check found, for programs.
struct Verdict<'a> {
    file: String,
    found: &'a Result<Kind, Vec<Problem>>,
}

impl Serialize for Verdict<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            file: &'a str,
            valid: bool,
            #[serde(flatten)]
            kind: Option<&'a Kind>,
            problems: &'a [Problem],
        }
        let problems = self.found.as_ref().err().map_or(&[][..], Vec::as_slice);
        let valid = self.found.is_ok();
        Fields { file: &self.file, valid, kind: self.found.as_ref().ok(), problems }.serialize(serializer)
    }
}

fn kind_words(kind: &Kind) -> String {
    let counted = |count: usize, one: &str| match count {
        1 => format!("one {one}"),
        _ => format!("{count} {one}s"),
    };
    match kind {
        Kind::Job { name, steps, parameters } => format!(
            "a valid job template, \"{name}\": {}, {}",
            counted(*steps, "step"),
            counted(*parameters, "parameter")
        ),
        Kind::Environment => "a valid environment template".to_owned(),
    }
}

fn problem_words(problem: &Problem) -> String {
    match problem.path.as_str() {
        "" => problem.sentence.clone(),
        path => format!("{path}: {}", problem.sentence),
    }
}

fn yaml(value: &impl Serialize) -> String {
    serde_saphyr::to_string(value).expect("a template holds only text and numbers")
}

fn format_of_new(file: &Path) -> Result<DocumentType, Fault> {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("yaml" | "yml") => Ok(DocumentType::Yaml),
        Some("json") => Ok(DocumentType::Json),
        _ => {
            let what = format!("{} is neither YAML nor JSON by its name", quoted(file));
            Err(Fault::usage(what, "end it in .yaml or .json, as in --save job.yaml"))
        }
    }
}

/// Through a file beside it, so that nobody reads half a template.
fn write(file: &Path, text: &str) -> Result<(), Fault> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|error| {
        // The fault is told; what is left of the attempt is not worth a second one.
        let _ = std::fs::remove_file(&beside);
        Fault::file("write", file, &error)
    })
}

/// Tells a result as one line of JSON.
fn tell(subject: &str, value: &impl Serialize) {
    let value = serde_json::to_value(value).expect("results hold only text and numbers");
    data_line(&Event::Finding { subject: subject.into(), value, advice: None }.to_json());
}
