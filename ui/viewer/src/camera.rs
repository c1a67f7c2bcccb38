//! Which part of the picture is seen, and how large: panning and zooming, without a window.

use crate::levels;

/// Nearest and farthest that one can look, screen pixels per picture pixel.
pub const ZOOM: std::ops::RangeInclusive<f32> = 0.01..=128.0;

/// The view onto a plane of pixels; lengths are screen pixels unless they say picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Picture coordinates of what is in the middle of the window.
    pub centre: [f32; 2],
    /// Screen pixels per picture pixel.
    pub zoom: f32,
    /// Whether it follows the window's size.
    pub is_fit: bool,
}

impl Camera {
    /// The whole picture in a window.
    pub fn fit(picture: [f32; 2], window: [f32; 2]) -> Self {
        let zoom = (window[0] / picture[0].max(1.0)).min(window[1] / picture[1].max(1.0));
        Self { centre: picture.map(|side| side / 2.0), zoom: clamped(zoom * 0.98), is_fit: true }
    }

    /// Picture coordinates of a place in the window.
    pub fn picture_from_window(&self, place: [f32; 2], window: [f32; 2]) -> [f32; 2] {
        std::array::from_fn(|axis| self.centre[axis] + (place[axis] - window[axis] / 2.0) / self.zoom)
    }

    /// Where a place of the picture is in the window.
    pub fn window_from_picture(&self, place: [f32; 2], window: [f32; 2]) -> [f32; 2] {
        std::array::from_fn(|axis| (place[axis] - self.centre[axis]) * self.zoom + window[axis] / 2.0)
    }

    /// Moves the picture with the pointer.
    pub fn pan(&mut self, by: [f32; 2]) {
        (0..2).for_each(|axis| self.centre[axis] -= by[axis] / self.zoom);
        self.is_fit = false;
    }

    /// Zooms so that what is under the pointer stays there.
    pub fn zoom_at(&mut self, factor: f32, at: [f32; 2], window: [f32; 2]) {
        let held = self.picture_from_window(at, window);
        self.zoom = clamped(self.zoom * factor);
        (0..2).for_each(|axis| self.centre[axis] = held[axis] - (at[axis] - window[axis] / 2.0) / self.zoom);
        self.is_fit = false;
    }

    /// Shows each picture pixel as `zoom` screen pixels, with pixel edges on pixel edges.
    pub fn zoom_to(&mut self, zoom: f32, at: [f32; 2], window: [f32; 2]) {
        self.zoom_at(zoom / self.zoom, at, window);
        for (centre, window) in self.centre.iter_mut().zip(window) {
            let left = *centre * self.zoom - window / 2.0;
            *centre = (left.round() + window / 2.0) / self.zoom;
        }
    }

    /// Picture pixels per screen pixel.
    pub fn step(&self) -> f32 {
        1.0 / self.zoom
    }

    /// How many texels, per axis, one screen pixel asks for; see [`crate::levels`].
    pub fn taps(&self) -> u32 {
        let texels = self.step() / (1_u32 << levels::level(self.step())) as f32;
        if texels > 1.0 { 2 } else { 1 }
    }
}

fn clamped(zoom: f32) -> f32 {
    zoom.clamp(*ZOOM.start(), *ZOOM.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: [f32; 2] = [800.0, 600.0];

    #[test]
    fn a_fit_picture_lies_in_the_middle_and_inside() {
        let camera = Camera::fit([1920.0, 1080.0], WINDOW);
        let corners = [[0.0, 0.0], [1920.0, 1080.0]].map(|place| camera.window_from_picture(place, WINDOW));
        assert!(corners[0].iter().all(|at| *at >= 0.0) && corners[1][0] <= 800.0 && corners[1][1] <= 600.0);
        assert!((corners[0][0] + corners[1][0] - 800.0).abs() < 1e-3);
    }

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let mut camera = Camera::fit([1920.0, 1080.0], WINDOW);
        let at = [123.0, 456.0];
        let before = camera.picture_from_window(at, WINDOW);
        for factor in [1.7, 3.0, 0.2, 50.0] {
            camera.zoom_at(factor, at, WINDOW);
            let after = camera.picture_from_window(at, WINDOW);
            assert!((0..2).all(|axis| (before[axis] - after[axis]).abs() < 0.01), "{before:?} {after:?}");
        }
    }

    #[test]
    fn one_to_one_puts_pixels_onto_pixels() {
        let mut camera = Camera::fit([1921.0, 1081.0], WINDOW);
        camera.zoom_to(1.0, [400.0, 300.0], WINDOW);
        let corner = camera.window_from_picture([0.0, 0.0], WINDOW);
        assert!(corner.iter().all(|at| (at - at.round()).abs() < 1e-3), "{corner:?}");
        assert_eq!((camera.zoom, camera.taps()), (1.0, 1));
    }

    #[test]
    fn between_two_levels_a_screen_pixel_is_the_mean_of_four_texels() {
        let taps = |zoom| Camera { centre: [0.0; 2], zoom, is_fit: false }.taps();
        assert_eq!([8.0, 1.0, 0.9, 0.5, 0.3, 0.25, 0.125, 0.01].map(taps), [1, 1, 2, 1, 2, 1, 1, 2]);
    }

    #[test]
    fn dragging_moves_the_picture_with_the_pointer() {
        let mut camera = Camera { centre: [100.0, 100.0], zoom: 4.0, is_fit: true };
        let before = camera.window_from_picture([90.0, 90.0], WINDOW);
        camera.pan([12.0, -8.0]);
        let after = camera.window_from_picture([90.0, 90.0], WINDOW);
        assert_eq!([after[0] - before[0], after[1] - before[1]], [12.0, -8.0]);
        assert!(!camera.is_fit);
    }
}
