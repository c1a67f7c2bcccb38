"""How much a denoised film flickers: change from frame to frame that the reference does not have; and what its neighbours in time are worth.

    python pictures.py … --only anim24 --frames 24 --size 320x180 --pictures 16:13 48:101 48:102 --out FRAMES
    python studies.py flicker FRAMES small.tdn [ANCHORS]
    python flicker.py FRAMES NAME=FOLDER …       frames that `tessera render` wrote with the same settings, by their layer beauty

With D = (out(t) - out(t-1)) - (reference(t) - reference(t-1)) in display values (after the tone curve, times 255), what is printed is the root of the mean of D²
over all pixels and pairs of frames, the reference's own noise taken out: everywhere, where nothing moves, which is where an eye sees it first, and of the rest. Then PSNR of all
pixels, of the worst frame, and of those alone whose light changes while the surface stays (a shadow comes or goes): the place of ghosts. `+ history` is section 9 of
docs/denoiser.md, `trusting` the same without its test of light. Films in which light moves are made by `shadows.py`.
"""

import argparse
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

from compare import candidates, probe_exposure, psnr, read_picture, reference_of, scenes_of
from history import ALIKE, inside, steadied, warped
from losses import tone_mapped

STILL_PX = 0.02
# Means of the reference over so many pixels, in display values, that differ by more show other light.
LIGHT_PX, LIGHT_APART = 7, 0.04


@torch.no_grad()
def flicker(pictures, weights=None, anchors=None, folders=()):
    methods = candidates(argparse.Namespace(weights=[weights] if weights else [], oidn=anchors))
    frames = [frame_of(name, by_spp, methods, folders) for name, by_spp in sorted(scenes_of(pictures).items())]
    for name in list(methods):
        for at, frame in enumerate(frames):
            around = [seen(frames[by], name) if 0 <= by < len(frames) else None for by in (at - 1, at + 1)]
            for kind, is_guarded in (("history", True), ("trusting", False)):
                frame["outs"][f"{name} + {kind}"] = steadied(seen(frame, name), *around, frame["exposure"], is_guarded)
    lit = [other_light(frames, at) for at in range(len(frames))]
    share = float(torch.stack(lit).float().mean())
    print(f"{len(frames)} frames   {'everywhere':>10} {'still':>7} {'moving':>7}   PSNR, dB   worst   where light changes ({100 * share:.1f} %)")
    for name in sorted(frames[0]["outs"]):
        decibels = [psnr(frame["outs"][name], frame["reference"], frame["noise"]) for frame in frames]
        print(f"{name:18} {row(frames, name)}   {np.mean(decibels):.2f}      {min(decibels):.2f}   {psnr_where(frames, name, lit):.2f}", flush=True)


def frame_of(scene, by_spp, methods, folders):
    pair = next(paths for paths in by_spp.values() if len(paths) == 2)
    lower, reference, noise = reference_of(by_spp)
    noisy = read_picture(by_spp[lower[-1]][0])
    outs = {name: method(noisy) for name, method in methods.items()}
    outs |= {name: read_picture(os.path.join(folder, f"{scene}.exr"), beauty=True)["radiance"] for name, folder in folders}
    return {"outs": {"noisy": noisy["radiance"], **outs}, "guides": noisy, "reference": reference, "noise": noise, "exposure": float(probe_exposure(noisy)),
            "halves": [tone_mapped(read_picture(path)["radiance"][None])[0] for path in pair]}


def seen(frame, name):
    """A frame as one method denoised it, for its neighbours."""
    return frame["guides"] | {"denoised": frame["outs"][name]}


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


def other_light(frames, at):
    """Where a neighbour shows the same surface in other light, by the reference."""
    own, where = frames[at], torch.zeros_like(still_in(frames[at]))
    for other, forth in ((at - 1, -1), (at + 1, 1)):
        if 0 <= other < len(frames):
            move, there = forth * own["guides"]["motion"], frames[other]["guides"]
            alike = inside(move)[0]
            for guide, bound in ALIKE.items():
                scale = own["guides"]["depth"][0] if guide == "depth" else 1.0
                alike = alike & ((warped(there[guide], move) - own["guides"][guide]).abs().amax(0) <= bound * scale)
            light = [F.avg_pool2d(tone_mapped((own["exposure"] * frame["reference"])[None]), LIGHT_PX, 1, LIGHT_PX // 2)[0] for frame in (frames[other], own)]
            where = where | alike & ((warped(light[0], move) - light[1]).abs().amax(0) > LIGHT_APART)
    return where


def psnr_where(frames, name, masks):
    total, count = 0.0, 0
    for frame, mask in zip(frames, masks):
        error = (tone_mapped(frame["outs"][name][None]) - tone_mapped(frame["reference"][None]))[0].square()
        error = error - (frame["halves"][0] - frame["halves"][1]).square() / 4
        total, count = total + float(error.mean(0)[mask].sum()), count + int(mask.sum())
    return -10 * np.log10(max(total / max(count, 1), 1e-7))


if __name__ == "__main__":
    flicker(sys.argv[1], folders=[named.split("=", 1) for named in sys.argv[2:]])
