//! Verbs that render on this computer: `render`, `bench`.

use app::{Event, Exit, Fault, bench};

use crate::args::{Bench, Render};
use crate::interrupt;
use crate::speak::{audience_of_task, data_line, talk};

pub(crate) fn render(render: Render, json: bool) -> Result<Exit, Fault> {
    let mut audience = audience_of_task(json, render.openjd)?;
    let gpu = render.looks.gpu.clone();
    let request = render.looks.request(render.scene, render.output)?;
    let stop = interrupt::listen()?;
    let mut watched = render.screens.beside(&request.output, Some(&request.output), &mut *audience)?;
    let gpu = gpu.as_deref();
    if render.direct {
        return app::render::direct(&request, gpu, &stop, &mut watched);
    }
    app::local::render(&request, gpu, &stop, &mut watched)
}

pub(crate) fn bench(asked: &Bench, json: bool) -> Result<Exit, Fault> {
    let stop = interrupt::listen()?;
    let mut report = bench::run(asked.gpu.as_deref(), asked.seconds, &stop, &mut |scene: &str| {
        if !json {
            talk(&format!("measuring {scene}"));
        }
    })?;
    if !json {
        talk("measuring the denoisers");
    }
    report.denoisers = bench::denoisers(asked.gpu.as_deref(), asked.seconds, &stop)?;
    if json {
        let value = serde_json::to_value(&report).expect("a report holds only text and numbers");
        data_line(&Event::Finding { subject: "bench".into(), value, advice: None }.to_json());
    } else {
        data_line(&report.to_string());
    }
    Ok(Exit::Done)
}
