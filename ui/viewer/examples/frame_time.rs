//! How long the viewer takes for a frame of an 8K picture: the window is drawn without a screen and read back.
//!
//! Prints milliseconds: the first frame, which uploads what is seen of the picture, and how much of the GPU's memory that is; then the median of frames while zooming at the middle,
//! and of frames between which one tile of 256 pixels comes.

use std::error::Error;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use frame::TileRect;
use frame::tev::Packet;
use viewer::live::Listener;
use viewer::picture::Picture;
use viewer::shown::Side;
use viewer::window::Window;

const FRAMES: u32 = 15;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let listener = Listener::open(([127, 0, 0, 1], 0).into(), || ())?;
    let mut sender = TcpStream::connect(listener.address)?;
    let builder = Harness::builder().with_size([1920.0, 1080.0]).wgpu();
    let mut harness = builder
        .build_eframe(|context| Window::new(context, Some(listener)).expect("there is a Vulkan driver"));
    harness.run_steps(3);
    let channels: Vec<String> = ["R", "G", "B", "A"].map(str::to_owned).into();
    let (name, width, height) = ("8K".to_owned(), 8192, 4608);
    let small = Picture::growing("warm", 64, 64, &channels)?;
    harness.state_mut().desk.put(Side::First, small, None);
    shown(&mut harness, 3)?;
    let create = Packet::Create { name: name.clone(), width, height, channels: channels.clone() };
    harness.state_mut().desk.grow(create, Instant::now());
    writeln!(out, "first frame {:.0} ms", shown(&mut harness, 1)?)?;
    let (bytes, squares) = harness.state().canvas.held();
    writeln!(out, "on the GPU {} MiB in {squares} squares", bytes >> 20)?;
    shown(&mut harness, 3)?;
    let mut zoomed = Vec::new();
    for _ in 0..FRAMES {
        let window = harness.state().desk.window;
        let camera = harness.state_mut().desk.camera.as_mut().ok_or("there is a picture")?;
        camera.zoom_at(1.1, window.map(|side| side / 2.0), window);
        zoomed.push(shown(&mut harness, 1)?);
    }
    writeln!(out, "zooming {:.0} ms", median(zoomed))?;
    harness.state_mut().desk.camera = None;
    shown(&mut harness, 2)?;
    let still: Vec<f64> = (0..FRAMES).map(|_| shown(&mut harness, 1)).collect::<Result<_, _>>()?;
    writeln!(out, "the whole picture {:.0} ms", median(still))?;
    let mut grown = Vec::new();
    for tile in 0..FRAMES {
        let rect = TileRect { x: tile * 256, y: 512, width: 256, height: 256 };
        let values = vec![0.5; rect.pixels() * channels.len()];
        let packet = Packet::Update { name: name.clone(), rect, channels: channels.clone(), values };
        sender.write_all(&packet.to_bytes())?;
        // On its way it waits in the system and for the reader's thread.
        std::thread::sleep(Duration::from_millis(50));
        grown.push(shown(&mut harness, 1)?);
    }
    writeln!(out, "a tile each {:.0} ms", median(grown))?;
    Ok(())
}

/// Milliseconds for so many frames.
fn shown(harness: &mut Harness<'_, Window>, frames: u32) -> Result<f64, String> {
    let start = Instant::now();
    for _ in 0..frames {
        harness.step();
        harness.render()?;
    }
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
