//! What a desktop has around a window, for tests: takes the places of a panel with a tray, a file manager and a place for notifications on
//! the session's bus, and tells what the program wanted of them.
//!
//! Answers one line of JSON for each line it is given: `menu` gives the lines of the tray icon's menu, `press LABEL` presses one (without an icon both are
//! null); `shown` the files that were to be shown in their folders; `notices` the texts of notifications, `whose` the program and the `.desktop` file that
//! the last of them names, `click` clicks on that one. `leaving MS` holds the
//! program's own name for so long, as a program does that has ended before the bus noticed, or that hangs: who calls it gets no answer.

#[cfg(target_os = "linux")]
mod asked;
#[cfg(target_os = "linux")]
mod tray;

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("other systems keep their desktop to themselves");
}

/// Serves until its input ends.
#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "its answers")]
fn main() -> anyhow::Result<()> {
    use std::io::BufRead;

    let (panel, files, notices) =
        (tray::Panel::default(), asked::FileManager::default(), asked::Notices::default());
    let bus = zbus::blocking::connection::Builder::session()?
        .name("org.kde.StatusNotifierWatcher")?
        .name("org.freedesktop.FileManager1")?
        .name("org.freedesktop.Notifications")?
        .serve_at("/StatusNotifierWatcher", panel.clone())?
        .serve_at("/org/freedesktop/FileManager1", files.clone())?
        .serve_at("/org/freedesktop/Notifications", notices.clone())?
        .build()?;
    println!("\"ready\"");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if let Some(held_ms) = line.strip_prefix("leaving ") {
            hold_the_name(std::time::Duration::from_millis(held_ms.parse()?))?;
            println!("true");
            continue;
        }
        let answer = match line.as_str() {
            "shown" => serde_json::json!(files.shown()),
            "notices" => serde_json::json!(notices.told()),
            "whose" => serde_json::json!(notices.whose()),
            "click" => serde_json::json!(notices.click(&bus)?),
            asked => panel.answer(&bus, asked),
        };
        println!("{answer}");
    }
    Ok(())
}

/// Has the name of a program that runs, and answers nobody.
#[cfg(target_os = "linux")]
fn hold_the_name(held: std::time::Duration) -> anyhow::Result<()> {
    use zbus::fdo::RequestNameFlags;

    let bus = zbus::blocking::Connection::session()?;
    // A program that has just ended may still have it: this one is the next.
    bus.request_name_with_flags(
        "org.tessera.desktop.SingleInstance",
        RequestNameFlags::ReplaceExisting.into(),
    )?;
    std::thread::spawn(move || {
        std::thread::sleep(held);
        drop(bus);
    });
    Ok(())
}
