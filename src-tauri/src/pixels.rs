//! Pixels for the page: too many for text, so that they have no types there. Beside them, all that the page may ask for.

#![expect(
    clippy::needless_pass_by_value,
    reason = "commands own what the page sent, and their states are values"
)]

use app::desk::Desk;
use tauri::State;
use tauri::ipc::{Invoke, Response};

/// All commands.
pub(crate) fn handler() -> impl Fn(Invoke<tauri::Wry>) -> bool + Send + Sync + 'static {
    // The handler borrows its builder, and both live as long as the program.
    let typed = Box::leak(Box::new(crate::commands::typed())).invoke_handler();
    let raw: Box<dyn Fn(Invoke<tauri::Wry>) -> bool + Send + Sync> =
        Box::new(tauri::generate_handler![mosaic, preview, frame_picture, looked_at, bench_shot]);
    move |invoke| match invoke.message.command() {
        "mosaic" | "preview" | "frame_picture" | "looked_at" | "bench_shot" => raw(invoke),
        _ => typed(invoke),
    }
}

/// What changed of a picture, as [`app::desk::Mosaic::packet`] writes it.
#[tauri::command(async)]
fn mosaic(desk: State<'_, Desk>, id: String, since: u32) -> Response {
    Response::new(desk.renders().mosaic(&id, since))
}

/// The PNG of a finished render.
#[tauri::command(async)]
fn preview(desk: State<'_, Desk>, id: String) -> Response {
    Response::new(desk.renders().preview(&id))
}

/// A small picture of one frame, as [`app::desk::Renders::frame_picture`] writes it.
#[tauri::command(async)]
fn frame_picture(desk: State<'_, Desk>, id: String, frame: u32, known: u32) -> Response {
    Response::new(desk.renders().frame_picture(&id, frame, known))
}

/// What the form's camera sees, as [`app::desk::Desk::looked_at`] writes it.
#[tauri::command(async)]
fn looked_at(desk: State<'_, Desk>, known: u32) -> Response {
    Response::new(desk.looked_at(known))
}

/// A scene's picture of the benchmark, as [`app::desk::Earning::shot`] writes it.
#[tauri::command(async)]
fn bench_shot(desk: State<'_, Desk>, scene: u32) -> Response {
    Response::new(desk.earning().shot(scene))
}
