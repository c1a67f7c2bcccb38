"""Writes what the Rust programs are compared with: layers and pictures of two untrained networks on a small made-up picture.

    python training/denoiser/fixture.py render-core/tests/denoise

`pytorch.bin`: u32 little-endian length of a JSON header, the header, then f32 little-endian: the planes of the picture in the order
of PLANES, pixels interleaved, and for each network the filtered picture, the own shares and the picture after the guard. Of every layer the header has the mean, the mean of absolute
values and some single values. `tiny.tdn`: a weights file, by the program that writes the real ones, of the smallest network that
can be run. The networks' numbers are those of `Weights::random` in render-core/src/denoise/weights.rs.
"""

import json
import os
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

from export import write_weights
from network import SIZES, Denoiser, features, guarded

WIDTH, HEIGHT, EXPOSURE = 44, 27, 0.7
PLANES = (("radiance", 3), ("albedo", 3), ("normal", 3), ("depth", 1), ("hits", 1), ("variance", 1), ("samples", 1))
CONVOLUTIONS = ("enc0a", "enc0b", "enc1", "enc2", "enc3a", "enc3b", "dec2", "dec1", "dec0")
HEADS = ("head0", "head1", "head2", "head3", "head4")
TINY = ((8, 8, 8, 8), 9)
SEEDS = {"small": 1, "quality": 2, "tiny": 3}
SAMPLED = 24


def splitmix(seed, count):
    """The first outputs of SplitMix64 as 24-bit numbers in [0, 1), f32."""
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return (state >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)


def randomised(size):
    """A network with the numbers of `Weights::random`."""
    network = Denoiser(*SIZES.get(size, TINY))
    modules = [getattr(network, name).conv for name in CONVOLUTIONS] + [getattr(network, name) for name in HEADS]
    units = splitmix(SEEDS[size], sum(m.weight.numel() + m.bias.numel() for m in modules))
    at = 0
    for module in modules:
        fan_in = np.float32(module.weight[0].numel())
        one = module.weight.shape[-1] == 1
        scale = np.float32(1) / np.sqrt(fan_in) if one else np.sqrt(np.float32(6) / fan_in)
        for tensor, scale in ((module.weight, scale), (module.bias, np.float32(0.1))):
            count = tensor.numel()
            values = (np.float32(2) * units[at : at + count] - np.float32(1)) * scale
            tensor.data.copy_(torch.from_numpy(values.astype(np.float16).astype(np.float32)).view_as(tensor))
            at += count
    return network


def made_up_picture():
    """Two textured surfaces under a sky, noise, fireflies, pixels with few and without samples."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    ground, sky = y > 15 + 3 * np.sin(x / 5), y < 6 + x / 12
    albedo = np.stack([0.5 + 0.4 * np.sin(x * (1 + c) / 3) * np.cos(y / (2 + c)) for c in range(3)], -1)
    albedo[ground] = [0.7, 0.3, 0.02]
    normal = np.where(ground[..., None], [0.0, 1.0, 0.0], [0.6, 0.0, 0.8]) + 0.05 * rng.standard_normal((HEIGHT, WIDTH, 3))
    light = np.where(ground, 3.0, 0.4)[..., None] * rng.gamma(0.7, 1.4, (HEIGHT, WIDTH, 1)) * [1.0, 0.9, 0.7]
    radiance = albedo * light
    depth, hits = 2 + 0.1 * x + y / 4, np.clip(0.25 * np.round(4 * rng.uniform(0.5, 2, (HEIGHT, WIDTH))), 0, 1)
    variance = (0.5 * radiance.mean(-1)) ** 2 * rng.uniform(0.2, 2, (HEIGHT, WIDTH))
    samples = np.full((HEIGHT, WIDTH), 4.0)
    radiance[sky], albedo[sky], normal[sky], depth[sky], hits[sky], variance[sky] = [0.3, 0.5, 1.1], 0, 0, 1e10, 0, 0
    for _ in range(9):
        at = rng.integers(HEIGHT), rng.integers(WIDTH)
        radiance[at], variance[at] = 10 ** rng.uniform(2, 5), 1e4
    few = rng.uniform(size=(HEIGHT, WIDTH))
    samples[few < 0.1], variance[few < 0.1] = 1, 0
    without = (few > 0.92) | ((x > 30) & (x < 36) & (y > 18))
    planes = dict(radiance=radiance, albedo=albedo, normal=normal, depth=depth, hits=hits, variance=variance, samples=samples)
    for plane in planes.values():
        plane[without] = 0
    return {name: planes[name].astype(np.float32).reshape(HEIGHT, WIDTH, channels) for name, channels in PLANES}


def summary(layer, rng):
    """Mean, mean of absolute values and single values of a (1, channels, height, width) layer."""
    layer = layer[0].double()
    places = [[int(rng.integers(side)) for side in layer.shape] for _ in range(SAMPLED)]
    return {
        "shape": list(layer.shape), "mean": float(layer.mean()), "absolute": float(layer.abs().mean()),
        "values": [[*place, float(np.float32(layer[tuple(place)]))] for place in places],
    }


def padded(noisy):
    pad = (0, -WIDTH % 16, 0, -HEIGHT % 16)
    return {name: F.pad(plane, pad, mode="replicate") for name, plane in noisy.items()}


def traced(size, noisy, exposure):
    """Summaries of everything on the way, the picture that is filtered, and the same after the guard."""
    network, rng, seen = randomised(size), np.random.default_rng(11), {}
    kept = [(name, getattr(network, name)) for name in CONVOLUTIONS + HEADS]
    for name, module in kept:
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out))
    with torch.no_grad():
        filtered, own = (plane[..., :HEIGHT, :WIDTH] for plane in network.with_own(padded(noisy), exposure))
        pictures = [filtered, own, guarded(noisy, filtered, own, exposure)]
        pictures = [one[0].permute(1, 2, 0).numpy() for one in pictures]
    layers = {name: summary(seen[name], rng) for name, _ in kept}
    return {"name": size, "widths": network.widths, "taps": network.taps, "seed": SEEDS[size], "layers": layers}, pictures


def main(folder):
    write_weights(randomised("tiny"), "tiny", {"seed": SEEDS["tiny"]}, os.path.join(folder, "tiny.tdn"))
    planes = made_up_picture()
    noisy = {name: torch.from_numpy(plane).permute(2, 0, 1)[None] for name, plane in planes.items()}
    exposure = torch.full((1, 1, 1, 1), EXPOSURE)
    stack = features(padded(noisy), exposure)[0]
    networks, pictures = zip(*(traced(size, noisy, exposure) for size in SIZES))
    header = {
        "width": WIDTH, "height": HEIGHT, "exposure": EXPOSURE, "torch": torch.__version__.split("+")[0],
        "planes": PLANES, "features": summary(stack, np.random.default_rng(12)), "networks": networks,
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    with open(os.path.join(folder, "pytorch.bin"), "wb") as file:
        file.write(struct.pack("<I", len(text)) + text)
        for values in [planes[name] for name, _ in PLANES] + sum(pictures, []):
            file.write(np.ascontiguousarray(values, "<f4").tobytes())


if __name__ == "__main__":
    main(sys.argv[1])
