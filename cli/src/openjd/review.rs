//! Holds templates to the standard's rules, as its authors' own library reads them.

use app::fault::one_line;
use openjd_model::error::PathElement;
use openjd_model::template::{EnvironmentTemplate, JobTemplate};
use openjd_model::{
    CallerLimits, DecodedTemplate, DocumentType, ModelError, ModelExtension, decode_template, template::parse,
};
use serde::Serialize;

/// Largest template that is read, bytes; the farms that we know take less.
pub(crate) const BYTES_MAX: usize = 4 << 20;

/// What a valid template is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Of jobs.
    Job {
        /// As it is written, with its parameters unfilled.
        name: String,
        /// How many.
        steps: usize,
        /// How many.
        parameters: usize,
    },
    /// Of environments around jobs.
    Environment,
}

/// Something that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// Where, as in `steps[0].script.actions.onRun`; empty where it is the whole.
    pub(crate) path: String,
    /// What, in the library's words.
    pub(crate) sentence: String,
}

/// Reads a template with every extension of the standard that the library knows.
///
/// # Errors
/// All problems that were found, in the order of the template; at least one.
pub(crate) fn review(text: &str, format: DocumentType) -> Result<Kind, Vec<Problem>> {
    let limits = CallerLimits { max_template_size: Some(BYTES_MAX), ..CallerLimits::default() };
    let document =
        parse::document_string_to_object(text, format, &limits).map_err(|error| problems(error, None))?;
    let extensions: Vec<&str> = ModelExtension::ALL.iter().map(ModelExtension::as_str).collect();
    match decode_template(document.clone(), Some(&extensions), &limits) {
        Ok(DecodedTemplate::Job(job)) => Ok(Kind::Job {
            name: one_line(job.name.raw()),
            steps: job.steps.len(),
            parameters: job.parameter_definitions_list().len(),
        }),
        Ok(DecodedTemplate::Environment(_)) => Ok(Kind::Environment),
        Err(error) => Err(problems(error, Some(&document))),
    }
}

fn problems(error: ModelError, document: Option<&serde_json::Value>) -> Vec<Problem> {
    match error {
        ModelError::ModelValidation(all) => all
            .errors
            .iter()
            .map(|one| Problem { path: written(&one.path), sentence: sentence(&one.message) })
            .collect(),
        // What has another shape than a template: the library says what, and serde knows where.
        ModelError::DecodeValidation(message) => {
            let placed = document.and_then(misshapen);
            vec![placed.unwrap_or(Problem { path: String::new(), sentence: sentence(&message) })]
        }
        other => vec![Problem { path: String::new(), sentence: sentence(&other.to_string()) }],
    }
}

/// The first place where a document has not the shape of a template.
fn misshapen(document: &serde_json::Value) -> Option<Problem> {
    let version = document.get("specificationVersion")?.as_str()?;
    let error = if version.starts_with("environment") {
        serde_path_to_error::deserialize::<_, EnvironmentTemplate>(document).err()?
    } else {
        serde_path_to_error::deserialize::<_, JobTemplate>(document).err()?
    };
    let path = error.path().to_string();
    let path = if path == "." { String::new() } else { path };
    Some(Problem { path, sentence: sentence(&error.inner().to_string()) })
}

/// The library's sentence without the picture of the place that it draws below.
fn sentence(message: &str) -> String {
    one_line(message.lines().next().unwrap_or_default())
}

fn written(path: &[PathElement]) -> String {
    let mut text = String::new();
    for element in path {
        match element {
            PathElement::Index(index) => text.push_str(&format!("[{index}]")),
            PathElement::Field(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&one_line(name));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"
specificationVersion: jobtemplate-2023-09
name: "Shot {{Param.Shot}}"
parameterDefinitions: [{ name: Shot, type: STRING, default: a }]
steps:
  - name: Render
    script: { actions: { onRun: { command: echo, args: ["{{Param.Shot}}"] } } }
"#;

    fn wrong(from: &str, to: &str) -> Vec<Problem> {
        assert!(RIGHT.contains(from), "{from}");
        review(&RIGHT.replace(from, to), DocumentType::Yaml).expect_err(to)
    }

    #[test]
    fn a_right_template_says_what_it_is() {
        let kind = review(RIGHT, DocumentType::Yaml).expect("it is right");
        assert_eq!(kind, Kind::Job { name: "Shot {{Param.Shot}}".into(), steps: 1, parameters: 1 });
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let undefined = wrong("[\"{{Param.Shot}}\"]", "[\"{{Param.Scene}}\"]");
        assert_eq!(undefined.len(), 1, "{undefined:?}");
        assert_eq!(undefined[0].path, "steps[0].script.actions.onRun.args[0]");
        assert!(undefined[0].sentence.contains("Param.Scene"), "{undefined:?}");
        let unknown = wrong("script: {", "colour: red\n    script: {");
        assert_eq!(unknown[0].path, "steps[0].colour", "{unknown:?}");
        let missing = wrong("command: echo, ", "");
        assert!(missing[0].path.starts_with("steps[0].script") && missing[0].sentence.contains("command"));
        let twice = wrong("name: Shot, type: STRING, default: a }", "name: Shot, type: SHAPE }");
        assert!(twice[0].path.starts_with("parameterDefinitions"), "{twice:?}");
    }

    #[test]
    fn what_is_no_template_is_one_problem_and_never_a_panic() {
        let bomb = format!("specificationVersion: jobtemplate-2023-09\nname: {}", "[".repeat(100_000));
        for text in ["", "hello", "[1, 2]", "a: b", "specificationVersion: jobtemplate-1999", "{", &bomb] {
            for format in [DocumentType::Yaml, DocumentType::Json] {
                assert_eq!(review(text, format).expect_err("no template").len(), 1);
            }
        }
        let large = " ".repeat(BYTES_MAX + 1);
        assert_eq!(review(&large, DocumentType::Yaml).expect_err("too large").len(), 1);
    }
}
