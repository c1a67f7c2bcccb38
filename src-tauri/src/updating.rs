//! Looks for updates and installs them, with Tauri's updater: it fetches, holds each package to the public key, and puts it in place.
//!
//! What may be done and when is decided by [`app::desk::Updates`]. Nothing is asked unless the person chose a channel or pressed the button; a
//! package is bound to its version by its signature, so that a forged list cannot offer an old one as new.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use app::desk::{Desk, Offer, Origin, UpdatePlace, UpdateSource, UpdateStep, UpdateTrouble};
use tauri::utils::config::BundleType;
use tauri::utils::platform::bundle_type;
use tauri::{AppHandle, Manager, Wry};
use tauri_plugin_updater::{Error, Update, UpdaterExt};

use crate::notice;
use crate::words::Words;

/// Time for the place to answer.
const ANSWER: Duration = Duration::from_secs(20);
/// Time between two pieces of a package.
const SILENCE: Duration = Duration::from_secs(60);
/// Between two looks at the clock and at the work that goes on.
const ROUND: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(500);
/// A package is held in memory until it is installed; ours are a tenth of this.
const PACKAGE_BYTES_MAX: u64 = 1 << 30;

/// What was found last.
#[derive(Default)]
pub(crate) struct Found(Mutex<Option<Update>>);

/// Tauri's updater with this build's key.
pub(crate) fn plugin() -> tauri::plugin::TauriPlugin<Wry, tauri_plugin_updater::Config> {
    let key = UpdatePlace::of_this_build().map(|place| place.key).unwrap_or_default();
    tauri_plugin_updater::Builder::new().pubkey(key).build()
}

/// Says where this program came from, and looks once a day where the person wants that.
pub(crate) fn begin(app: AppHandle) {
    let source = UpdateSource::of(origin(), UpdatePlace::of_this_build().is_some());
    app.state::<Desk>().updates().know(source);
    if source != UpdateSource::Place {
        return;
    }
    let rounds = move || {
        loop {
            let (channel, state) =
                (app.state::<Desk>().settings().updates, app.state::<Desk>().updates().state());
            let reached_nobody = state.trouble == Some(UpdateTrouble::Offline);
            if channel.is_due(state.looked_s, reached_nobody, now_s()) {
                begin_look(&app, true);
            }
            std::thread::sleep(ROUND);
        }
    };
    if let Err(error) = std::thread::Builder::new().name("updates".into()).spawn(rounds) {
        tracing::warn!(%error, "updates are looked for by hand only");
    }
}

/// Asks the place of the person's channel, in the background.
pub(crate) fn look(app: &AppHandle) {
    begin_look(app, false);
}

/// Looks; what is found unasked is said to somebody who looks elsewhere.
fn begin_look(app: &AppHandle, is_unasked: bool) {
    if !app.state::<Desk>().updates().begin_look() {
        return;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let found = find(&app).await.map_err(|error| trouble(&error));
        let is_newer = matches!(found, Ok(Offer::Newer { .. }));
        app.state::<Desk>().updates().end_look(found, now_s());
        if is_newer && is_unasked {
            notify(&app, "notice.update.found");
        }
    });
}

/// Fetches what was found and installs it as soon as that may be, in the background.
pub(crate) fn install(app: &AppHandle) {
    let Some(errand) = app.state::<Desk>().updates().want() else { return };
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(trouble) = fetch_and_install(&app, errand).await {
            app.state::<Desk>().update_failed(trouble);
        }
    });
}

async fn find(app: &AppHandle) -> Result<Offer, Error> {
    let place = UpdatePlace::of_this_build().ok_or(Error::EmptyEndpoints)?;
    let address = place.address(app.state::<Desk>().settings().updates.name()).parse()?;
    let older = Arc::new(Mutex::new(None));
    let note = Arc::clone(&older);
    let updater = app
        .updater_builder()
        .endpoints(vec![address])?
        .timeout(ANSWER)
        // Redirections too; a debug build's tests serve theirs on this computer.
        .configure_client(|client| client.read_timeout(SILENCE).https_only(!cfg!(debug_assertions)))
        .version_comparator(move |here, offered| {
            if offered.version < here {
                *note.lock().unwrap_or_else(PoisonError::into_inner) = Some(offered.version.to_string());
            }
            offered.version > here
        })
        .build()?;
    let update = updater.check().await?;
    let offer = match (&update, older.lock().unwrap_or_else(PoisonError::into_inner).take()) {
        (Some(update), _) => Offer::Newer { version: update.version.clone() },
        (None, Some(version)) => Offer::Older { version },
        (None, None) => Offer::Latest,
    };
    *app.state::<Found>().0.lock().unwrap_or_else(PoisonError::into_inner) = update;
    Ok(offer)
}

async fn fetch_and_install(app: &AppHandle, errand: u64) -> Result<(), UpdateTrouble> {
    let found = app.state::<Found>().0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let update = found.ok_or(UpdateTrouble::Answer)?;
    let Some(package) = fetch(app, &update, errand).await? else { return Ok(()) };
    let app = app.clone();
    // It waits for hours where it has to, and a thread of the runtime's is for short work.
    std::thread::Builder::new()
        .name("update".into())
        .spawn(move || {
            if !wait_for_leave(&app, errand) {
                return;
            }
            match update.install(package) {
                Ok(()) => app.request_restart(),
                Err(error) => app.state::<Desk>().update_failed(trouble(&error)),
            }
        })
        .map(drop)
        .map_err(|_| UpdateTrouble::Installer)
}

/// The package, whose signature is right; nothing where the person left it for later.
async fn fetch(app: &AppHandle, update: &Update, errand: u64) -> Result<Option<Vec<u8>>, UpdateTrouble> {
    if !UpdatePlace::may_fetch(update.download_url.as_str()) {
        return Err(UpdateTrouble::Package);
    }
    let here = AtomicU64::new(0);
    let take = |bytes: usize, all: Option<u64>| {
        let so_far = here.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        let all = all.unwrap_or(PACKAGE_BYTES_MAX).max(1);
        here.fetch_max(if all > PACKAGE_BYTES_MAX { all } else { 0 }, Ordering::Relaxed);
        app.state::<Desk>().updates().fetched(so_far as f64 / all as f64);
    };
    let mut download = pin!(update.download(take, || ()));
    poll_fn(|context| {
        if here.load(Ordering::Relaxed) > PACKAGE_BYTES_MAX {
            return Poll::Ready(Err(UpdateTrouble::Package));
        }
        if !app.state::<Desk>().updates().is_wanted(errand) {
            return Poll::Ready(Ok(None));
        }
        download.as_mut().poll(context).map(|package| package.map(Some).map_err(|error| trouble(&error)))
    })
    .await
}

/// Waits until nothing is rendered and the person agrees; `false` when they left it for later.
fn wait_for_leave(app: &AppHandle, errand: u64) -> bool {
    let (desk, mut has_asked) = (app.state::<Desk>(), false);
    while let Some(step) = desk.step_update(errand) {
        if step == UpdateStep::Install {
            return true;
        }
        if step == UpdateStep::Ask && !has_asked {
            has_asked = true;
            notify(app, "notice.update.asks");
        }
        std::thread::sleep(GLANCE);
    }
    false
}

/// Says something of the update to somebody who looks elsewhere.
fn notify(app: &AppHandle, key: &str) {
    let desk = app.state::<Desk>();
    let version = desk.updates().state().version;
    notice::tell(app, Words::of(&desk.settings()).say(key, &[("version", &version)]));
}

/// What kind of package this program lies in: the bundler writes it into the program.
fn origin() -> Origin {
    let is_image = std::env::var_os("APPIMAGE").is_some();
    match bundle_type() {
        _ if std::path::Path::new("/.flatpak-info").exists() => Origin::System,
        Some(BundleType::Deb | BundleType::Rpm) => Origin::System,
        // Unpacked by hand, it has no file of its own that could be replaced.
        Some(BundleType::AppImage) if !is_image => Origin::Built,
        Some(
            BundleType::AppImage | BundleType::Nsis | BundleType::Msi | BundleType::App | BundleType::Dmg,
        ) => Origin::Package,
        // Tests start a debug build as an AppImage would be.
        None if cfg!(debug_assertions) && is_image => Origin::Package,
        None => Origin::Built,
    }
}

/// What the updater's error means to a person; its own words are in the log.
fn trouble(error: &Error) -> UpdateTrouble {
    use UpdateTrouble as T;
    tracing::warn!(%error, "the update did not work");
    match error {
        Error::Reqwest(error) if error.is_decode() => T::Answer,
        Error::Reqwest(_) => T::Offline,
        Error::TargetNotFound(_)
        | Error::TargetsNotFound(_)
        | Error::UnsupportedOs
        | Error::UnsupportedArch => T::NotForThis,
        Error::Minisign(_) | Error::Base64(_) | Error::SignatureUtf8(_) => T::Signature,
        Error::SignedVersionMismatch { .. } | Error::MissingSignedVersion => T::Version,
        Error::Io(_) | Error::TempDirNotFound | Error::TempDirNotOnSameMountPoint => T::Disk,
        Error::AuthenticationFailed
        | Error::PackageInstallFailed
        | Error::InvalidUpdaterFormat
        | Error::FailedToDetermineExtractPath => T::Installer,
        _ => T::Answer,
    }
}

fn now_s() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
