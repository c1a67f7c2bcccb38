"""How much a denoised film flickers: change from frame to frame that the reference does not have.

    python pictures.py … --only anim24 --frames 24 --size 320x180 --pictures 16:13 48:101 48:102 --out FRAMES
    python studies.py flicker FRAMES small.tdn [ANCHORS]

With D = (out(t) - out(t-1)) - (reference(t) - reference(t-1)) in display values (after the tone curve, times 255), what is printed is the root of the mean of D²
over all pixels and pairs of frames, the reference's own noise taken out: everywhere, and where nothing moves, which is where an eye sees it first. `+ history`
is what the artist's machine could do with the frames before and after: where albedo, normal and depth agree along the motion, the mean of what
is there of the three.
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F

from compare import candidates, psnr, read_picture, reference_of, scenes_of
from losses import tone_mapped

# Guides of one surface in two frames differ by no more: albedo and normal by value, depth by its share.
ALIKE = {"albedo": 0.1, "normal": 0.3, "depth": 0.05}
STILL_PX = 0.02


@torch.no_grad()
def flicker(pictures, weights, anchors=None):
    methods = candidates(argparse.Namespace(weights=[weights], oidn=anchors))
    frames = [frame_of(by_spp, methods) for _, by_spp in sorted(scenes_of(pictures).items())]
    for name in list(methods):
        for at, frame in enumerate(frames):
            frame["outs"][f"{name} + history"] = with_history(frames, at, name)
    print(f"{len(frames)} frames   {'everywhere':>10} {'still':>7} {'moving':>7}   PSNR, dB")
    for name in sorted(frames[0]["outs"]):
        decibels = np.mean([psnr(frame["outs"][name], frame["reference"], frame["noise"]) for frame in frames])
        print(f"{name:18} {row(frames, name)}   {decibels:.2f}")


def frame_of(by_spp, methods):
    pair = next(paths for paths in by_spp.values() if len(paths) == 2)
    lower, reference, noise = reference_of(by_spp)
    noisy = read_picture(by_spp[lower[-1]][0])
    outs = {name: method(noisy) for name, method in methods.items()}
    return {"outs": {"noisy": noisy["radiance"], **outs}, "guides": noisy, "reference": reference, "noise": noise,
            "halves": [tone_mapped(read_picture(path)["radiance"][None])[0] for path in pair]}


def row(frames, name):
    """Root mean squares of the change that is not the reference's, in 255ths: everywhere, of what stands still, of the rest."""
    sums, counts = np.zeros(3), np.zeros(3)
    for before, after in zip(frames, frames[1:]):
        out, reference = (tone_mapped(b[None])[0] - tone_mapped(a[None])[0] for a, b in
                          ((before["outs"][name], after["outs"][name]), (before["reference"], after["reference"])))
        of_reference = [b - a for a, b in zip(before["halves"], after["halves"])]
        square = (out - reference).square() - (of_reference[0] - of_reference[1]).square() / 4
        square, still = square.mean(0), still_in(before) & still_in(after)
        for at, where in enumerate((torch.ones_like(still), still, ~still)):
            sums[at] += float(square[where].sum())
            counts[at] += int(where.sum())
    return " ".join(f"{255 * max(total / max(count, 1), 0) ** 0.5:{width}.3f}" for total, count, width in zip(sums, counts, (10, 7, 7)))


def still_in(frame):
    return frame["guides"]["motion"].abs().amax(0) < STILL_PX


def with_history(frames, at, name):
    """The mean of a frame and its neighbours in time, where these show the same surface."""
    own = frames[at]
    total, count = own["outs"][name].clone(), torch.ones_like(own["guides"]["depth"])
    for other, forth in ((at - 1, -1), (at + 1, 1)):
        if 0 <= other < len(frames):
            # Forward, a point is taken to go on as it came.
            move = forth * own["guides"]["motion"]
            guides = frames[other]["guides"]
            alike = torch.ones_like(count)
            for guide, bound in ALIKE.items():
                apart = (warped(guides[guide], move) - own["guides"][guide]).abs().amax(0, keepdim=True)
                scale = own["guides"]["depth"] if guide == "depth" else 1.0
                alike = alike * (apart <= bound * scale)
            total, count = total + alike * warped(frames[other]["outs"][name], move), count + alike
    return total / count


def warped(plane, move):
    """Each pixel's value at its place plus `move` pixels; outside, the edge."""
    _, height, width = plane.shape
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    place = torch.stack([(x + move[0]) * 2 / width - 1, (y + move[1]) * 2 / height - 1], -1)
    return F.grid_sample(plane[None], place[None], padding_mode="border", align_corners=False)[0]
