// How a pixel sees values of cells of 16×16 pixels: linear between the centres of cells, edges repeated.

struct Seen {
    // The two cells along each axis between whose centres the pixel lies.
    first: vec2<u32>,
    second: vec2<u32>,
    // How far it is on the way to the second.
    share: vec2<f32>,
}

fn cells() -> vec2<u32> {
    return vec2<u32>(layer.width, layer.height) / 16u;
}

fn seen_from(x: u32, y: u32) -> Seen {
    let place = max((vec2<f32>(f32(x), f32(y)) + 0.5) * 0.0625 - 0.5, vec2<f32>(0.0));
    let first = min(vec2<u32>(place), cells() - 1u);
    return Seen(first, min(first + 1u, cells() - 1u), place - vec2<f32>(first));
}
