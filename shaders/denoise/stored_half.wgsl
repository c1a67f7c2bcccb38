// Blocks of channels as half floats, packed by instructions that every adapter has.

alias Block = vec2<u32>;

const HALF_MAX: f32 = 65504.0;

fn loaded(block: Block) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(block.x), unpack2x16float(block.y));
}

fn stored(values: vec4<f32>) -> Block {
    // What does not fit has no defined bits.
    let fits = clamp(values, vec4<f32>(-HALF_MAX), vec4<f32>(HALF_MAX));
    return vec2<u32>(pack2x16float(fits.xy), pack2x16float(fits.zw));
}
