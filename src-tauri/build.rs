//! Takes the built front end and the icons into the program.

fn main() {
    tauri_build::build();
}
