// Shows one square of a picture: scene-linear colours in, what the screen gets out.
//
// Reads: `view` (how to show), `square` (where it lies), `first` and `second` (its texels in both pictures, linear RGBA).
// Writes: the colour of one screen pixel. One vertex is a corner of the square, one fragment a screen pixel.
// The host twin of everything below `shown` is `view.rs` of the viewer, and a test holds both to the same numbers.
// Sources: AgX after T. Sobotka (inset primaries, 16.5 stops, power sigmoid); Khronos PBR Neutral, specification 2024; IEC 61966-2-1.

struct View {
    // Picture coordinates of the viewport's upper left corner, in pixels.
    origin: vec2<f32>,
    // Screen pixels of the viewport.
    viewport: vec2<f32>,
    // Picture pixels per screen pixel.
    step: f32,
    gain: f32,
    inverse_gamma: f32,
    // Where the second picture begins: along `across`, from the picture's corner, in picture pixels.
    wipe: f32,
    transform: u32,
    channel: u32,
    mode: u32,
    // Texels per screen pixel and axis.
    taps: u32,
    // 1 when the screen's format encodes sRGB by itself.
    encodes: u32,
    // Whether a pixel whose four values are 0 has nothing in it.
    has_holes: u32,
    ground: f32,
    // Added to light after the gain.
    offset: f32,
    // The direction into the second picture, of length 1.
    across: vec2<f32>,
}

struct Square {
    origin: vec2<f32>,
    size: vec2<f32>,
    // Edge of a texel, picture pixels.
    texel: f32,
}

@group(0) @binding(0) var<uniform> view: View;
@group(1) @binding(0) var<uniform> square: Square;
@group(1) @binding(1) var first: texture_2d<f32>;
@group(1) @binding(2) var second: texture_2d<f32>;

struct Corner {
    @builtin(position) position: vec4<f32>,
    // In the picture, pixels.
    @location(0) place: vec2<f32>,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
    let side = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    let place = square.origin + side * square.size;
    let screen = (place - view.origin) / (view.step * view.viewport);
    let position = vec4<f32>(screen.x * 2.0 - 1.0, 1.0 - screen.y * 2.0, 0.0, 1.0);
    return Corner(position, place);
}

@fragment
fn shade(corner: Corner) -> @location(0) vec4<f32> {
    let code = shown(light(corner.place));
    if view.encodes == 1u {
        return vec4<f32>(linear_from_srgb(code), 1.0);
    }
    return vec4<f32>(code, 1.0);
}

// The picture's light around a place: the mean over the screen pixel when it covers several texels.
fn light(place: vec2<f32>) -> vec4<f32> {
    var sum = vec4<f32>(0.0);
    for (var row = 0u; row < view.taps; row += 1u) {
        for (var column = 0u; column < view.taps; column += 1u) {
            let inside = (vec2<f32>(f32(column), f32(row)) + 0.5) / f32(view.taps) - 0.5;
            sum += texel(place + inside * view.step);
        }
    }
    return sum / f32(view.taps * view.taps);
}

fn texel(place: vec2<f32>) -> vec4<f32> {
    let last = vec2<i32>(ceil(square.size / square.texel)) - 1;
    let at = clamp(vec2<i32>(floor((place - square.origin) / square.texel)), vec2<i32>(0), last);
    if view.mode == 1u || (view.mode == 2u && dot(place, view.across) >= view.wipe) {
        return load_second(at);
    }
    return load_first(at);
}

// Of two pictures the smaller one ends within a square, and has nothing beyond.
fn load_first(at: vec2<i32>) -> vec4<f32> {
    if any(at >= vec2<i32>(textureDimensions(first))) {
        return vec4<f32>(0.0);
    }
    return textureLoad(first, at, 0);
}

fn load_second(at: vec2<i32>) -> vec4<f32> {
    if any(at >= vec2<i32>(textureDimensions(second))) {
        return vec4<f32>(0.0);
    }
    return textureLoad(second, at, 0);
}

// --- The same in view.rs, function by function. ---

fn shown(light: vec4<f32>) -> vec3<f32> {
    if !(is_number(light.r) && is_number(light.g) && is_number(light.b) && is_number(light.a)) {
        return vec3<f32>(1.0, 0.0, 1.0);
    }
    if view.has_holes == 1u && all(light == vec4<f32>(0.0)) {
        return vec3<f32>(view.ground);
    }
    let code = display(isolated(light));
    return pow(clamp(code, vec3<f32>(0.0), vec3<f32>(1.0)), vec3<f32>(view.inverse_gamma));
}

// Infinities and NaN are known by their exponent: comparing them is not defined.
fn is_number(value: f32) -> bool {
    return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn isolated(light: vec4<f32>) -> vec3<f32> {
    let exposed = light.rgb * view.gain + view.offset;
    switch view.channel {
        case 1u: { return exposed.rrr; }
        case 2u: { return exposed.ggg; }
        case 3u: { return exposed.bbb; }
        case 4u: { return light.aaa; }
        case 5u: { return vec3<f32>(luminance(exposed)); }
        default: { return exposed; }
    }
}

fn luminance(rgb: vec3<f32>) -> f32 {
    return dot(rgb, vec3<f32>(0.2126, 0.7152, 0.0722));
}

fn display(rgb: vec3<f32>) -> vec3<f32> {
    // Coverage is no light: it is shown as it is.
    if view.channel == 4u {
        return rgb;
    }
    switch view.transform {
        case 0u: { return agx(rgb); }
        case 1u: { return srgb_from_linear(neutral(rgb)); }
        case 2u: { return srgb_from_linear(rgb); }
        case 4u: { return false_colour(luminance(rgb)); }
        // After this text: unconfigured.wgsl, or what a colour configuration describes.
        case 5u: { return configured(rgb); }
        default: { return rgb; }
    }
}

fn srgb_from_linear(rgb: vec3<f32>) -> vec3<f32> {
    let linear = clamp(rgb, vec3<f32>(0.0), vec3<f32>(1.0));
    let high = 1.055 * pow(max(linear, vec3<f32>(1e-6)), vec3<f32>(1.0 / 2.4)) - 0.055;
    return select(high, 12.92 * linear, linear <= vec3<f32>(0.0031308));
}

fn linear_from_srgb(code: vec3<f32>) -> vec3<f32> {
    let high = pow((max(code, vec3<f32>(0.0)) + 0.055) / 1.055, vec3<f32>(2.4));
    return select(high, code / 12.92, code <= vec3<f32>(0.04045));
}

fn agx(rgb: vec3<f32>) -> vec3<f32> {
    let inset = vec3<f32>(
        dot(vec3<f32>(0.842364158, 0.078422903, 0.079212940), rgb),
        dot(vec3<f32>(0.042329808, 0.878501136, 0.079169056), rgb),
        dot(vec3<f32>(0.042377679, 0.078437347, 0.879184974), rgb),
    );
    // From ten stops below middle grey to six and a half above it.
    let stops = log2(max(inset, vec3<f32>(1e-10)) / 0.18);
    let place = clamp((stops + 10.0) / 16.5, vec3<f32>(0.0), vec3<f32>(1.0));
    let code = vec3<f32>(sigmoid(place.r), sigmoid(place.g), sigmoid(place.b));
    return vec3<f32>(
        dot(vec3<f32>(1.197042268, -0.098017255, -0.099025013), code),
        dot(vec3<f32>(-0.052904067, 1.151860517, -0.098956449), code),
        dot(vec3<f32>(-0.052978861, -0.098039823, 1.151018684), code),
    );
}

// Slope 2 at middle grey, which becomes code 0.5; a toe of power 3 and a shoulder of power 3.25.
fn sigmoid(place: f32) -> f32 {
    let away = 2.0 * (place - 10.0 / 16.5);
    if away < 0.0 {
        let toe = -away / 0.512277382;
        return 0.5 - 0.512277382 * toe / pow(1.0 + pow(toe, 3.0), 1.0 / 3.0);
    }
    let shoulder = away / 0.541464156;
    return 0.5 + 0.541464156 * shoulder / pow(1.0 + pow(shoulder, 3.25), 1.0 / 3.25);
}

fn neutral(rgb: vec3<f32>) -> vec3<f32> {
    let start = 0.8 - 0.04;
    let least = max(min(rgb.r, min(rgb.g, rgb.b)), 0.0);
    let offset = select(0.04, least - 6.25 * least * least, least < 0.08);
    let lifted = max(rgb, vec3<f32>(0.0)) - offset;
    let peak = max(lifted.r, max(lifted.g, lifted.b));
    if peak < start {
        return lifted;
    }
    let room = 1.0 - start;
    let new_peak = 1.0 - room * room / (peak + room - start);
    let grey = 1.0 - 1.0 / (0.15 * (peak - new_peak) + 1.0);
    return mix(lifted * (new_peak / peak), vec3<f32>(new_peak), grey);
}

// Stops around middle grey as colours: grey is 0.18, white six stops above it, near black six below.
fn false_colour(light: f32) -> vec3<f32> {
    var colours = array<vec3<f32>, 7>(
        vec3<f32>(0.06, 0.03, 0.16),
        vec3<f32>(0.20, 0.22, 0.62),
        vec3<f32>(0.12, 0.55, 0.66),
        vec3<f32>(0.50, 0.50, 0.50),
        vec3<f32>(0.84, 0.72, 0.22),
        vec3<f32>(0.87, 0.34, 0.16),
        vec3<f32>(1.00, 0.94, 0.90),
    );
    let stops = log2(max(light, 1e-10) / 0.18);
    let place = clamp((stops + 6.0) / 2.0, 0.0, 6.0);
    let low = min(u32(place), 5u);
    return mix(colours[low], colours[low + 1u], place - f32(low));
}
