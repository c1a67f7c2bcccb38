"""Section 9 of docs/denoiser.md in PyTorch: a denoised frame, averaged with its neighbours in time where they agree.

    python history.py fixture frame/tests/history.bin     what `cargo test -p frame --test history` is compared with
    python history.py check FOLDER                        frames that `tessera render --frames … --steady on` wrote

`check` wants the layers beauty,noisy,denoised,albedo,normal,depth,motion,variance,samples and takes each frame's exposure from its file. Files hold colours as
halves, so a pixel at a bound may fall on its other side: it prints how many are off by more than that rounding.
"""

import os
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

from network import luminance, tone_slope

# Guides of one surface in two frames differ by no more: albedo and normal by value, depth by its share.
ALIKE = {"albedo": 0.1, "normal": 0.3, "depth": 0.05}
# Standard deviations, of a pixel and of a 7×7 mean, by which a neighbour's light is still taken in full, and no more.
REACH, TRUSTED, REFUSED = 3, 2.0, 4.0
DARK, NOTHING = 0.005, 0.001
# Values a pixel, in the order of the fixture: `denoised` is `out` elsewhere.
PLANES = (("denoised", 3), ("radiance", 3), ("albedo", 3), ("normal", 3), ("depth", 1), ("motion", 2), ("variance", 1), ("samples", 1))


def steadied(own, before, after, exposure, is_guarded=True):
    """The mean of a frame and its neighbours, where these show the same surface in the same light. Frames have the layers of PLANES, (channels, h, w)."""
    total, count = torch.zeros_like(own["denoised"]), torch.ones_like(own["depth"])
    for other, forth in ((before, -1), (after, 1)):
        if other is None:
            continue
        # Forward, a point is taken to go on as it came.
        move = forth * own["motion"]
        there = {name: warped(other[name], move) for name in (*ALIKE, "denoised")}
        alike = inside(move) & (own["samples"] > 0) & (warped((other["samples"] == 0).float(), move) == 0)
        for guide, bound in ALIKE.items():
            scale = own["depth"].abs() if guide == "depth" else 1.0
            alike = alike & ((there[guide] - own[guide]).abs().amax(0, keepdim=True) <= bound * scale)
        # What lies between pixels is blurred, light hardly, textures visibly: they are taken from the frame itself.
        quotient = (own["albedo"].clamp(0, 1) + 0.05) / (there["albedo"].clamp(0, 1) + 0.05)
        colour = there["denoised"] * (1 + (2 * move.abs().amax(0, keepdim=True)).clamp_max(1) * (quotient - 1))
        weight = alike.float()
        if is_guarded:
            weight = weight * same_light(own, colour, weight, exposure)
        total, count = total + weight * (colour - own["denoised"]), count + weight
    return own["denoised"] + total / count


def same_light(own, there, alike, exposure):
    """How much of a neighbour counts: the frame's own noisy picture is right on average, and nothing of it is in the neighbour."""
    bright = {name: (exposure * luminance(plane[None].clamp_min(0))[0]).clamp(0, 1e6) for name, plane in
              (("own", own["denoised"]), ("noisy", own["radiance"]), ("there", there))}
    slope = tone_slope(bright["own"] + DARK)
    apart = slope * (bright["there"] - bright["noisy"])
    noise = torch.maximum((slope * (bright["own"] - bright["noisy"])) ** 2, slope**2 * (exposure**2 * own["variance"]).clamp(0, 1e12))
    number = around(alike).clamp_min(1)
    noise = around(alike * noise)
    mean = around(alike * apart).abs() / number / (noise.sqrt() / number + NOTHING)
    alone = (slope * (bright["there"] - bright["own"])).abs() / ((noise / number).sqrt() + NOTHING)
    return ((REFUSED - torch.maximum(mean, alone)) / (REFUSED - TRUSTED)).clamp(0, 1)


def around(plane):
    return F.avg_pool2d(plane[None], 2 * REACH + 1, 1, REACH, divisor_override=1)[0]


def centres(move):
    _, height, width = move.shape
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return x + move[0], y + move[1]


def inside(move):
    _, height, width = move.shape
    x, y = centres(move)
    return ((x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5))[None]


def warped(plane, move):
    """Each pixel's value at its place plus `move` pixels, bilinear; outside, the edge."""
    _, height, width = plane.shape
    x, y = centres(move)
    x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
    left, top = x.floor().long(), y.floor().long()
    right, down = x - left, y - top
    upper, lower = (torch.lerp(plane[:, row, left], plane[:, row, (left + 1).clamp_max(width - 1)], right) for row in (top, (top + 1).clamp_max(height - 1)))
    return torch.lerp(upper, lower, down)


def made_up_frames(width=26, height=19):
    """Three frames of a ramp that moves below a sky, noise, a shadow that crosses, a hole, and an edge that is uncovered."""
    rng, frames = np.random.default_rng(9), []
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    for time in (-1, 0, 1):
        u, v = x - 1.3 * time, y - 0.4 * time
        sky, box = y < 4, (abs(u - 14) < 4) & (abs(v - 12) < 3)
        shadow = (abs(x - 5 - 3 * time) < 2.5) & ~sky & ~box
        albedo = np.stack([0.4 + 0.1 * np.sin(u / (3 + c) + v / 5) for c in range(3)], -1)
        albedo[box] = [0.8, 0.3, 0.1]
        light = np.where(shadow, 0.25, 0.9)[..., None] * np.array([1.0, 0.9, 0.8])
        truth = albedo * light
        truth[sky] = np.stack([0.3 + 0.01 * x, 0.4 + 0 * x, 0.9 - 0.01 * x], -1)[sky]
        spread = np.where(sky, 0.0, 0.25 * truth.mean(-1))
        noise = spread[..., None] * rng.standard_normal((height, width, 1))
        wrong = 0.3 * spread[..., None] * np.repeat(np.repeat(rng.standard_normal((7, 9, 1)), 3, 0), 3, 1)[:height, :width]
        planes = {
            "denoised": np.maximum(truth + wrong, 0), "radiance": np.maximum(truth + noise, 0), "albedo": np.where(sky[..., None], 0, albedo),
            "normal": np.where(sky[..., None], 0, np.where(box[..., None], [0.0, 0, 1], [0.0, 1, 0])), "depth": np.where(sky, 1e10, np.where(box, 3, 5 + 0.1 * y))[..., None],
            "motion": np.where((box | ~sky)[..., None], [1.3, 0.4], 0), "variance": (spread**2 * rng.uniform(0.5, 1.5, (height, width)))[..., None],
            "samples": np.full((height, width, 1), 4.0),
        }
        if time >= 0:
            for plane in planes.values():
                # A tile that nobody has rendered.
                plane[8:16, 16:24] = 0
        frames.append({name: torch.from_numpy(planes[name].astype(np.float32).transpose(2, 0, 1).copy()) for name, _ in PLANES})
    return frames


def fixture(path, exposure=0.8):
    frames = made_up_frames()
    _, height, width = frames[0]["denoised"].shape
    outs = [steadied(frames[1], *pair, exposure) for pair in ((frames[0], frames[2]), (frames[0], None), (None, frames[2]))]
    with open(path, "wb") as file:
        file.write(struct.pack("<IIf", width, height, exposure))
        for plane in [frame[name] for frame in frames for name, _ in PLANES] + outs:
            file.write(np.ascontiguousarray(plane.permute(1, 2, 0).numpy(), "<f4").tobytes())


def check(folder):
    import OpenEXR

    from compare import read_picture

    frames = []
    for name in sorted(name for name in os.listdir(folder) if name.endswith(".exr") and "partial" not in name):
        with OpenEXR.File(os.path.join(folder, name), separate_channels=True) as file:
            channels, exposure = file.channels(), float(file.header()["tessera/exposure_scale"])
            colours = [torch.from_numpy(np.stack([channels[prefix + c].pixels.astype(np.float32) for c in "RGB"])) for prefix in ("", "denoised.")]
        frames.append(read_picture(os.path.join(folder, name)) | {"beauty": colours[0], "denoised": colours[1], "exposure": exposure})
    off, largest, changed = 0, 0.0, 0
    for at, own in enumerate(frames):
        out = steadied(own, frames[at - 1] if at else None, frames[at + 1] if at + 1 < len(frames) else None, own["exposure"])
        # Two roundings to halves lie between, and sums in another order.
        apart = (out - own["beauty"]).abs() / (out.abs() * 2**-10 + 1e-4)
        off, changed = off + int((apart.amax(0) > 1).sum()), changed + int((own["beauty"] != own["denoised"]).any(0).sum())
        largest = max(largest, float((out - own["beauty"]).abs().max()))
    pixels = sum(frame["depth"].numel() for frame in frames)
    print(f"{len(frames)} frames, {pixels} pixels, {100 * changed / pixels:.1f} % changed by their neighbours: {off} differ by more than two roundings ({1e6 * off / pixels:.0f} ppm), at most by {largest:.4f}")


if __name__ == "__main__":
    {"fixture": fixture, "check": check}[sys.argv[1]](sys.argv[2])
