// Step 1 of the guard: how far each pixel trusts what was filtered. Reads the traced planes, the filtered picture and the noise
// of cells, writes the mean of filtered and traced colour (p) and how unsure the pixel is (κ). A workgroup is 16×8 pixels, whose
// windows of 5×5 are averaged in workgroup memory, first across and then down; one thread is one pixel.

@group(0) @binding(3) var<storage, read> noise: array<f32>;
@group(0) @binding(4) var<storage, read_write> mixed: array<vec4<f32>>;

// How much more is excused where noise is strong against the light of the pixels that have it.
const RARE_LIGHT: f32 = 8.0;
// Few samples may have missed rare light in a whole window: by this many over the samples, squared.
const FEW_SAMPLES: f32 = 4.0;
// Relative variance at which a pixel gets half of what it would get back if nothing were known of it.
const KNOWN: f32 = 1e-4;

// d, (1 - a)·t²·v, v / (Y(o) + 0.02)², u of each pixel; and Y(o), m.
var<workgroup> errors: array<array<vec4<f32>, 20>, 12>;
var<workgroup> lights: array<array<vec2<f32>, 20>, 12>;
// Their means over five pixels of a row.
var<workgroup> errors_across: array<array<vec4<f32>, 16>, 12>;
var<workgroup> lights_across: array<array<vec2<f32>, 16>, 12>;

fn seen_noise(x: u32, y: u32) -> f32 {
    let seen = seen_from(x, y);
    let upper = seen.first.y * cells().x;
    let lower = seen.second.y * cells().x;
    let upper_left = noise[upper + seen.first.x];
    let lower_left = noise[lower + seen.first.x];
    let above = upper_left + seen.share.x * (noise[upper + seen.second.x] - upper_left);
    let below = lower_left + seen.share.x * (noise[lower + seen.second.x] - lower_left);
    return above + seen.share.y * (below - above);
}

fn hold_errors(corner: vec2<u32>, index: u32) {
    for (var i = index; i < 240u; i += 128u) {
        let column = i % 20u;
        let row = i / 20u;
        let x = min(u32(max(i32(corner.x + column) - 2, 0)), layer.traced_width - 1u);
        let y = min(u32(max(i32(corner.y + row) - 2, 0)), layer.traced_height - 1u);
        let at = y * layer.traced_width + x;
        let pixel = held(at);
        let apart = pixel.after - pixel.before;
        let difference = pixel.weight * apart * apart;
        let few = FEW_SAMPLES / f32(max(samples(at), 1u));
        let missed = few * few * seen_noise(x, y) * pixel.others * pixel.weight * pixel.after;
        let lit = pixel.after + BLACK;
        errors[row][column] = vec4<f32>(
            difference,
            pixel.others * pixel.weight * pixel.variance,
            pixel.variance / (lit * lit),
            min(difference, missed),
        );
        lights[row][column] = vec2<f32>(pixel.after, pixel.middle);
    }
}

fn average_across(index: u32) {
    for (var i = index; i < 192u; i += 128u) {
        let column = i % 16u;
        let row = i / 16u;
        var error = vec4<f32>(0.0);
        var light = vec2<f32>(0.0);
        for (var tap = 0u; tap < 5u; tap++) {
            error += errors[row][column + tap];
            light += lights[row][column + tap];
        }
        errors_across[row][column] = error / 5.0;
        lights_across[row][column] = light / 5.0;
    }
}

@compute @workgroup_size(16, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let corner = vec2<u32>(group.x * 16u, (group.y + layer.first_row) * 8u);
    hold_errors(corner, index);
    workgroupBarrier();
    average_across(index);
    workgroupBarrier();
    let x = corner.x + thread.x;
    let y = corner.y + thread.y;
    if x >= layer.traced_width || y >= layer.traced_height {
        return;
    }
    var error = vec4<f32>(0.0);
    var light = vec2<f32>(0.0);
    for (var tap = 0u; tap < 5u; tap++) {
        error += errors_across[thread.y + tap][thread.x];
        light += lights_across[thread.y + tap][thread.x];
    }
    error /= 5.0;
    let lit = light / 5.0 + BLACK;
    let strength = error.z * (lit.x / lit.y) * (lit.x / lit.y);
    let excused = (1.0 + RARE_LIGHT * strength) * error.y + error.w;
    let at = y * layer.traced_width + x;
    // One sample has no variance, none has no colour.
    var share = 1.0;
    var unsure = 1.0;
    if samples(at) >= 2u {
        unsure = error.z / (error.z + KNOWN);
        if error.x > excused {
            share = excused / error.x;
        }
    }
    mixed[at] = vec4<f32>(share * picture[at].xyz + (1.0 - share) * traced(at), unsure);
}
