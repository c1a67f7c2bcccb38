// Random numbers: pure functions of (seed, frame, pixel, sample, dimension). docs/rendering.md section 1.

fn mix_bits(value: u32) -> u32 {
    var x = value;
    x ^= x >> 16u;
    x *= 0x7feb352du;
    x ^= x >> 15u;
    x *= 0x846ca68bu;
    x ^= x >> 16u;
    return x;
}

fn path_key(x: u32, y: u32) -> u32 {
    return mix_bits(mix_bits(mix_bits(mix_bits(params.seed + 0x9e3779b9u) ^ params.frame) ^ x) + y);
}

// Vegdahl's variant of the Laine-Karras permutation: every bit depends only on lower ones.
fn laine_karras(value: u32, seed: u32) -> u32 {
    var x = value;
    x ^= x * 0x3d20adeau;
    x += seed;
    x *= (seed >> 16u) | 1u;
    x ^= x * 0x05526c56u;
    x ^= x * 0x53a22864u;
    return x;
}

// Generator matrix of the second Sobol dimension (Pascal's triangle mod 2) on a bit-reversed word.
fn sierpinski(value: u32) -> u32 {
    var x = value;
    x ^= (x >> 1u) & 0x55555555u;
    x ^= (x >> 2u) & 0x33333333u;
    x ^= (x >> 4u) & 0x0f0f0f0fu;
    x ^= (x >> 8u) & 0x00ff00ffu;
    x ^= (x >> 16u) & 0x0000ffffu;
    return x;
}

fn unit(bits: u32) -> f32 {
    return f32(bits >> 8u) * 5.9604644775390625e-8;
}

// Both numbers of a dimension as whole words.
fn random_words(key: u32, sample: u32, dimension: u32) -> vec2<u32> {
    let s = mix_bits(key + dimension * 0x9e3779b9u);
    let i = reverseBits(laine_karras(reverseBits(sample), s));
    let x = reverseBits(laine_karras(i, mix_bits(s ^ 0xa511e9b3u)));
    let y = reverseBits(laine_karras(sierpinski(i), mix_bits(s ^ 0x63d83595u)));
    return vec2<u32>(x, y);
}

fn random_pair(key: u32, sample: u32, dimension: u32) -> vec2<f32> {
    let words = random_words(key, sample, dimension);
    return vec2<f32>(unit(words.x), unit(words.y));
}

fn random_single(key: u32, sample: u32, number: u32) -> f32 {
    return unit(mix_bits(mix_bits(key ^ (sample * 0x9e3779b9u)) + number));
}
