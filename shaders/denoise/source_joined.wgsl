// A convolution's input is a layer of half the size, doubled, and behind its channels one of the same size.

fn source(block: u32, x: u32, y: u32) -> vec4<f32> {
    if block < layer.blocks_a {
        return loaded(source_a[(block * (layer.height / 2u) + y / 2u) * (layer.width / 2u) + x / 2u]);
    }
    return loaded(source_b[((block - layer.blocks_a) * layer.height + y) * layer.width + x]);
}
