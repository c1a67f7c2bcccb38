// A convolution's input is the largest of 2×2.

fn source(block: u32, x: u32, y: u32) -> vec4<f32> {
    let width = 2u * layer.width;
    let at = (block * 2u * layer.height + 2u * y) * width + 2u * x;
    let above = max(loaded(source_a[at]), loaded(source_a[at + 1u]));
    let below = max(loaded(source_a[at + width]), loaded(source_a[at + width + 1u]));
    return max(above, below);
}
