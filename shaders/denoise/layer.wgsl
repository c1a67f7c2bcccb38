// What every kernel of the denoiser is told. A block is four channels; buffers of blocks are (block, row, column).

struct Layer {
    // Size of the layer or level that is written.
    width: u32,
    height: u32,
    // Rows of workgroups that an earlier submission has done.
    first_row: u32,
    // Blocks in the first and in the second source.
    blocks_a: u32,
    blocks_b: u32,
    // Blocks that are written.
    blocks: u32,
    // Where the layer's biases begin; its kernels lie behind them.
    weights_at: u32,
    // Where this level begins in the pyramid, and this one and the next coarser one in the filtered light.
    level_at: u32,
    filtered_at: u32,
    coarser_at: u32,
    // The traced part of the region, before its last column and row are repeated.
    traced_width: u32,
    traced_height: u32,
    // What is kept of the region.
    kept_x: u32,
    kept_y: u32,
    kept_width: u32,
    kept_height: u32,
    exposure: f32,
    // 1 where there is no coarser level.
    top: u32,
    // Where a convolution's kernels begin among the matrices, where there are any.
    matrices_at: u32,
    spare: u32,
}

@group(0) @binding(0) var<uniform> layer: Layer;

fn sigmoid(x: f32) -> f32 {
    // Beyond that a float would overflow, and infinities are not relied on.
    return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}
