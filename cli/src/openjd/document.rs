//! The part of a job template that this program writes, in the order in which people read it.

use serde::Serialize;

/// A whole job template.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Template {
    pub(super) specification_version: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) extensions: Vec<&'static str>,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) parameter_definitions: Vec<Parameter>,
    pub(super) steps: [Step; 1],
}

/// What whoever submits the job may change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_flow: Option<&'static str>,
    description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    /// A path that cannot be a default, for [`Values`].
    #[serde(skip)]
    elsewhere: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_values: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_value: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_value: Option<Value>,
    user_interface: Control,
}

/// Where a path is, seen from the template. The standard takes no default that is absolute or leads out of the template's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// In that folder, relative.
    Inside(String),
    /// Anywhere else, absolute: whoever submits names it.
    Elsewhere(String),
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Whole(u32),
    Number(f64),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Control {
    control: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    decimals: Option<u32>,
}

/// The job's one step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter_space: Option<Space>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) host_requirements: Option<Host>,
    pub(super) script: Script,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Space {
    pub(super) task_parameter_definitions: [TaskParameter; 1],
}

/// What tells a step's tasks apart.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskParameter {
    pub(super) name: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) range: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) chunks: Option<Chunks>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chunks {
    pub(super) default_task_count: &'static str,
    pub(super) range_constraint: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Host {
    pub(super) amounts: [Amount; 1],
}

#[derive(Debug, Serialize)]
pub(super) struct Amount {
    pub(super) name: &'static str,
    pub(super) min: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Script {
    pub(super) actions: Actions,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actions {
    pub(super) on_run: Action,
}

/// The command that a worker runs.
#[derive(Debug, Serialize)]
pub(super) struct Action {
    pub(super) command: &'static str,
    pub(super) args: Vec<String>,
    pub(super) cancelation: Cancelation,
}

/// How a worker ends the command when the task is cancelled.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cancelation {
    pub(super) mode: &'static str,
    pub(super) notify_period_in_seconds: u32,
}

impl Parameter {
    /// A line of text.
    pub(super) fn text(name: &'static str, description: &'static str, default: impl Into<String>) -> Self {
        Self::new(name, "STRING", description, Value::Text(default.into()), "LINE_EDIT")
    }

    /// One word of some.
    pub(super) fn choice(
        name: &'static str,
        description: &'static str,
        default: impl Into<String>,
        words: &'static [&'static str],
    ) -> Self {
        let text = Self::new(name, "STRING", description, Value::Text(default.into()), "DROPDOWN_LIST");
        Self { allowed_values: Some(words), ..text }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn whole(
        name: &'static str,
        description: &'static str,
        default: u32,
        (least, most): (u32, u32),
    ) -> Self {
        let whole = Self::new(name, "INT", description, Value::Whole(default), "SPIN_BOX");
        Self { min_value: Some(Value::Whole(least)), max_value: Some(Value::Whole(most)), ..whole }
    }

    /// Any number that is not below `least`.
    pub(super) fn number(
        name: &'static str,
        description: &'static str,
        default: f64,
        least: Option<f64>,
    ) -> Self {
        let mut number = Self::new(name, "FLOAT", description, Value::Number(default), "SPIN_BOX");
        number.user_interface.decimals = Some(3);
        Self { min_value: least.map(Value::Number), ..number }
    }

    /// A file that tasks read: a farm brings it to where they run.
    pub(super) fn file(name: &'static str, description: &'static str, spot: Spot) -> Self {
        let path = Self::path(name, description, spot, "CHOOSE_INPUT_FILE");
        Self { object_type: Some("FILE"), data_flow: Some("IN"), ..path }
    }

    /// A folder; `flow` is OUT where a farm brings what tasks write there back, NONE where it leaves the folder alone.
    pub(super) fn folder(
        name: &'static str,
        description: &'static str,
        spot: Spot,
        flow: &'static str,
    ) -> Self {
        let path = Self::path(name, description, spot, "CHOOSE_DIRECTORY");
        Self { object_type: Some("DIRECTORY"), data_flow: Some(flow), ..path }
    }

    fn path(name: &'static str, description: &'static str, spot: Spot, control: &'static str) -> Self {
        let (default, elsewhere) = match spot {
            Spot::Inside(path) => (Some(Value::Text(path)), None),
            Spot::Elsewhere(path) => (None, Some(Value::Text(path))),
        };
        Self { default, elsewhere, ..Self::new(name, "PATH", description, Value::Whole(0), control) }
    }

    fn new(
        name: &'static str,
        kind: &'static str,
        description: &'static str,
        default: Value,
        control: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            object_type: None,
            data_flow: None,
            description,
            default: Some(default),
            elsewhere: None,
            allowed_values: None,
            min_value: None,
            max_value: None,
            user_interface: Control { control, decimals: None },
        }
    }
}

/// The values of a job bundle, as AWS Deadline Cloud reads them beside the template.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values<'a> {
    parameter_values: Vec<ValueOf<'a>>,
}

#[derive(Debug, Serialize)]
struct ValueOf<'a> {
    name: &'static str,
    value: &'a Value,
}

impl Template {
    /// All defaults as values, with the paths that can be none. A path inside is left to the template, which is found wherever it lies.
    pub(crate) fn values(&self) -> Values<'_> {
        let values = self.parameter_definitions.iter().filter_map(|one| {
            let default = one.default.as_ref().filter(|_| one.kind != "PATH");
            Some(ValueOf { name: one.name, value: default.or(one.elsewhere.as_ref())? })
        });
        Values { parameter_values: values.collect() }
    }

    /// What whoever submits has to name: parameters, each with the path that was asked for.
    pub(crate) fn unnamed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.parameter_definitions.iter().filter_map(|one| match &one.elsewhere {
            Some(Value::Text(path)) => Some((one.name, path.as_str())),
            _ => None,
        })
    }
}
