//! Turns a command line into work: one arm per verb.

mod farm;
mod look;
mod manual;
mod node;
mod openjd;
mod render;

use app::{Exit, Fault};

use crate::args::{ExrVerb, Line, OpenJdVerb, SceneVerb, Verb};

/// Runs the command.
pub(crate) fn run(line: Line) -> Result<Exit, Fault> {
    let json = line.json;
    match line.verb {
        Verb::Render(render) => render::render(render, json),
        Verb::Coordinator(coordinator) => farm::coordinator(coordinator, json),
        Verb::Nearby(nearby) => farm::nearby(&nearby, json),
        Verb::Node(node) => node::node(node, json),
        Verb::Referee(referee) => farm::referee(referee, json),
        Verb::Submit(submit) => farm::submit(submit, json),
        Verb::Quote(quote) => farm::quote(quote, json),
        Verb::Collect(collect) => farm::collect(&collect, json),
        Verb::Watch(watch) => farm::watch(&watch, json),
        Verb::Jobs(jobs) => farm::jobs(&jobs, json),
        Verb::Pause(job) => farm::pause(&job, true, json),
        Verb::Resume(job) => farm::pause(&job, false, json),
        Verb::Cancel(job) => farm::cancel(&job, json),
        Verb::Share(share) => farm::share(&share, json),
        Verb::Earnings(earnings) => farm::earnings(&earnings, json),
        Verb::Statement(statement) => farm::statement(&statement, json),
        Verb::Verify(verify) => farm::verify(&verify.file, json),
        Verb::Bench(bench) => render::bench(&bench, json),
        Verb::Scene(SceneVerb::Check(check)) => look::scene_check(&check, json),
        Verb::Exr(ExrVerb::Info { file }) => look::exr_info(&file, json),
        Verb::Exr(ExrVerb::Diff { a, b, max_rel_mse }) => look::exr_diff(&a, &b, max_rel_mse, json),
        Verb::Exr(ExrVerb::Check { file }) => look::exr_check(&file, json),
        Verb::Exr(ExrVerb::Denoise { file, output, weights, exposure }) => {
            look::exr_denoise(&file, &output, weights.as_ref(), exposure, json)
        }
        Verb::Exr(ExrVerb::ToPng { file, output, exposure }) => {
            look::exr_to_png(&file, output, exposure, json)
        }
        Verb::Openjd(OpenJdVerb::Template(wish)) => openjd::template(&wish, json),
        Verb::Openjd(OpenJdVerb::Check { template }) => openjd::check(&template, json),
        Verb::Doctor(_) => Ok(look::doctor(json)),
        Verb::Demo(demo) => farm::demo(&demo, json),
        Verb::Completions(asked) => manual::completions(asked.shell),
        Verb::Man(asked) => manual::pages(asked.output.as_deref()),
    }
}
