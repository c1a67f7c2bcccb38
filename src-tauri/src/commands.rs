//! What the page may ask for: one line over the desk each.
//!
//! The page's types are made from these signatures (`bindings.ts` and the files beside it that it names, in `ui/desktop/src/lib`); a test fails when they are old.

#![expect(
    clippy::needless_pass_by_value,
    reason = "commands own what the page sent, and their states are values"
)]

use app::desk::{
    Adapters, Benchmark, Card, Desk, EarnState, Earnings, Failure, Forecast, Jobs, Looked, Nearby, Offered,
    Order, Preflight, RulesForm, Settings, Standing, UpdateState,
};
use app::earn::Wish;
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, State, WebviewWindow};
use tauri_plugin_autostart::ManagerExt;
use tauri_plugin_opener::OpenerExt;
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

use crate::arrivals::{Arrival, Arrivals};
use crate::choosing;
use crate::tray::Tray;
use crate::updating;

/// Everything that a page draws from, but for the pictures.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub(crate) struct Scenery {
    /// What the person chose.
    settings: Settings,
    /// Renders, newest first.
    cards: Vec<Card>,
    /// Whether this computer earns.
    earning: EarnState,
    /// The program's version.
    version: String,
    /// Whether there is a tray to hide in.
    has_tray: bool,
    /// Whether a viewer lies beside this program.
    has_viewer: bool,
    /// How updates stand.
    update: UpdateState,
}

type Told<T> = Result<T, Failure>;

#[tauri::command(async)]
#[specta::specta]
fn scenery(desk: State<'_, Desk>, tray: State<'_, Tray>) -> Scenery {
    Scenery {
        settings: desk.settings(),
        cards: desk.renders().cards(),
        earning: desk.earning().state(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        has_tray: tray.is_there(),
        has_viewer: desk.has_viewer(),
        update: desk.updates().state(),
    }
}

#[tauri::command]
#[specta::specta]
fn arrivals(arrivals: State<'_, Arrivals>) -> Vec<Arrival> {
    arrivals.take()
}

#[tauri::command(async)]
#[specta::specta]
fn set_settings(desk: State<'_, Desk>, settings: Settings) -> Told<()> {
    Ok(desk.set_settings(&settings)?)
}

#[tauri::command(async)]
#[specta::specta]
fn offered(handed: Vec<String>) -> Offered {
    Offered::of(&handed)
}

#[tauri::command(async)]
#[specta::specta]
fn preflight(desk: State<'_, Desk>, path: String, fps: f64) -> Told<Preflight> {
    Ok(desk.preflight(path.as_ref(), fps)?)
}

#[tauri::command]
#[specta::specta]
fn leave_form(desk: State<'_, Desk>) {
    desk.leave_form();
}

#[tauri::command(async)]
#[specta::specta]
fn sample_scene(desk: State<'_, Desk>) -> Told<String> {
    Ok(desk.sample_scene()?.display().to_string())
}

#[tauri::command(async)]
#[specta::specta]
fn output_for(desk: State<'_, Desk>, scene: String, is_sequence: bool) -> String {
    desk.output_for(scene.as_ref(), is_sequence).display().to_string()
}

#[tauri::command(async)]
#[specta::specta]
fn standing(desk: State<'_, Desk>, output: String) -> Standing {
    desk.renders().standing(output.as_ref())
}

#[tauri::command]
#[specta::specta]
fn new_order() -> Order {
    Order::default()
}

#[tauri::command(async)]
#[specta::specta]
fn start(desk: State<'_, Desk>, order: Order) -> Told<String> {
    Ok(desk.start(order)?)
}

#[tauri::command(async)]
#[specta::specta]
fn forecast(desk: State<'_, Desk>, order: Order) -> Told<Forecast> {
    Ok(desk.forecast(&order)?)
}

#[tauri::command(async)]
#[specta::specta]
fn look(desk: State<'_, Desk>, order: Order, place: u32) -> Told<Looked> {
    Ok(desk.look(&order, place)?)
}

#[tauri::command(async)]
#[specta::specta]
fn resume(desk: State<'_, Desk>, id: String) -> Told<String> {
    Ok(desk.renders().resume(&id)?)
}

#[tauri::command]
#[specta::specta]
fn stop(desk: State<'_, Desk>, id: String) {
    desk.renders().stop(&id);
}

#[tauri::command]
#[specta::specta]
fn pause_render(desk: State<'_, Desk>, id: String, is_paused: bool) {
    desk.renders().pause(&id, is_paused);
}

#[tauri::command]
#[specta::specta]
fn finish(desk: State<'_, Desk>, id: String) {
    desk.renders().finish(&id);
}

#[tauri::command]
#[specta::specta]
fn do_not_finish(desk: State<'_, Desk>, id: String) {
    desk.renders().do_not_finish(&id);
}

#[tauri::command(async)]
#[specta::specta]
fn forget(desk: State<'_, Desk>, id: String) -> Told<()> {
    Ok(desk.renders().forget(&id)?)
}

#[tauri::command(async)]
#[specta::specta]
fn open_viewer(desk: State<'_, Desk>, picture: String) -> Told<()> {
    Ok(desk.open_viewer(picture.as_ref())?)
}

#[tauri::command(async)]
#[specta::specta]
fn show_file(app: AppHandle, path: String) -> Told<()> {
    app.opener().reveal_item_in_dir(&path).map_err(|error| Failure {
        exit: 1,
        what: format!("the system shows no folder: {error}"),
        advice: format!("the file is \"{path}\""),
    })
}

#[tauri::command(async)]
#[specta::specta]
fn adapters(desk: State<'_, Desk>) -> Adapters {
    desk.adapters()
}

#[tauri::command(async)]
#[specta::specta]
fn benchmark(desk: State<'_, Desk>, adapter: String) -> Told<Benchmark> {
    Ok(desk.benchmark(&adapter)?)
}

#[tauri::command(async)]
#[specta::specta]
fn earn(desk: State<'_, Desk>) -> Told<()> {
    Ok(desk.earn()?)
}

#[tauri::command(async)]
#[specta::specta]
fn ask_earning(desk: State<'_, Desk>, wish: Wish) {
    desk.earning().ask(wish);
}

#[tauri::command(async)]
#[specta::specta]
fn end_earning(desk: State<'_, Desk>) -> Told<()> {
    Ok(desk.earning().end()?)
}

#[tauri::command(async)]
#[specta::specta]
fn earn_rules(desk: State<'_, Desk>) -> Told<RulesForm> {
    Ok(desk.earning().rules()?)
}

#[tauri::command(async)]
#[specta::specta]
fn usual_rules(desk: State<'_, Desk>) -> RulesForm {
    desk.earning().usual_rules()
}

#[tauri::command(async)]
#[specta::specta]
fn set_earn_rules(desk: State<'_, Desk>, rules: RulesForm) -> Told<RulesForm> {
    Ok(desk.earning().set_rules(&rules)?)
}

#[tauri::command(async)]
#[specta::specta]
fn schedule_hours(text: String) -> Told<Vec<bool>> {
    Ok(RulesForm::hours_of(&text)?)
}

#[tauri::command(async)]
#[specta::specta]
fn running_programs(desk: State<'_, Desk>) -> Vec<String> {
    desk.running_programs()
}

#[tauri::command(async)]
#[specta::specta]
fn earnings(desk: State<'_, Desk>) -> Told<Earnings> {
    Ok(desk.earnings()?)
}

#[tauri::command(async)]
#[specta::specta]
fn nearby(desk: State<'_, Desk>) -> Told<Nearby> {
    Ok(desk.nearby()?)
}

#[tauri::command(async)]
#[specta::specta]
fn jobs() -> Told<Jobs> {
    Ok(Jobs::ask()?)
}

#[tauri::command(async)]
#[specta::specta]
fn pause_job(job: String, is_paused: bool) -> Told<()> {
    Ok(Jobs::pause(&job, is_paused)?)
}

#[tauri::command(async)]
#[specta::specta]
fn cancel_job(job: String) -> Told<()> {
    Ok(Jobs::cancel(&job)?)
}

#[tauri::command(async)]
#[specta::specta]
fn share_job(job: String) -> Told<String> {
    Ok(Jobs::share(&job)?)
}

#[tauri::command(async)]
#[specta::specta]
fn unshare_job(job: String) -> Told<()> {
    Ok(Jobs::unshare(&job)?)
}

#[tauri::command(async)]
#[specta::specta]
fn watch_link(desk: State<'_, Desk>, link: String) -> Told<String> {
    Ok(desk.renders().watch(&link)?)
}

#[tauri::command(async)]
#[specta::specta]
fn starts_at_login(app: AppHandle) -> bool {
    app.autolaunch().is_enabled().unwrap_or(false)
}

#[tauri::command(async)]
#[specta::specta]
fn set_starts_at_login(app: AppHandle, wanted: bool) -> Told<()> {
    let start = app.autolaunch();
    let set = if wanted { start.enable() } else { start.disable() };
    set.map_err(|error| Failure {
        exit: 1,
        what: format!("the system did not take this: {error}"),
        advice: "set it in the system's own settings".to_owned(),
    })
}

#[tauri::command(async)]
#[specta::specta]
fn look_for_updates(app: AppHandle) {
    updating::look(&app);
}

#[tauri::command(async)]
#[specta::specta]
fn install_update(app: AppHandle) {
    updating::install(&app);
}

#[tauri::command(async)]
#[specta::specta]
fn leave_update(desk: State<'_, Desk>) {
    desk.leave_update();
}

#[tauri::command]
#[specta::specta]
fn hide(window: WebviewWindow) {
    // A window that stays is no harm.
    let _ = window.hide();
}

#[tauri::command]
#[specta::specta]
fn quit(app: AppHandle) {
    app.exit(0);
}

/// The commands with types, for the page's bindings.
pub(crate) fn typed() -> Builder<tauri::Wry> {
    let builder = Builder::new().error_handling(ErrorHandlingMode::Throw).disable_serde_phases();
    builder.commands(collect_commands![
        scenery,
        arrivals,
        set_settings,
        offered,
        preflight,
        leave_form,
        sample_scene,
        output_for,
        standing,
        new_order,
        start,
        forecast,
        look,
        resume,
        stop,
        pause_render,
        finish,
        do_not_finish,
        forget,
        choosing::choose_scene,
        choosing::choose_output,
        open_viewer,
        show_file,
        adapters,
        benchmark,
        earn,
        ask_earning,
        end_earning,
        earn_rules,
        usual_rules,
        set_earn_rules,
        schedule_hours,
        running_programs,
        earnings,
        nearby,
        jobs,
        pause_job,
        cancel_job,
        share_job,
        unshare_job,
        watch_link,
        starts_at_login,
        set_starts_at_login,
        look_for_updates,
        install_update,
        leave_update,
        hide,
        quit,
    ])
}
