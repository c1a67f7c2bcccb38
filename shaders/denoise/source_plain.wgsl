// A convolution's input as it is.

fn source(block: u32, x: u32, y: u32) -> vec4<f32> {
    return loaded(source_a[(block * layer.height + y) * layer.width + x]);
}
