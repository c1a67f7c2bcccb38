"""Measurements that decided something, on the pictures that compare.py takes.

    python studies.py noise  PICTURES             how much of the estimated variance is really there
    python studies.py guard  PICTURES WEIGHTS     gains without the guard, with it, and with it blind to rare light
    python studies.py margin PICTURES WEIGHTS     tiles with a margin against the whole picture
    python studies.py flicker FRAMES WEIGHTS [ANCHORS]   change from frame to frame that the reference does not have (flicker.py)
"""

import sys

import numpy as np
import torch

import network as definition
from compare import probe_exposure, psnr, read_picture, reference_of, scenes_of
from export import read_weights
from flicker import flicker
from losses import tone_mapped
from network import denoised, guarded, luminance


def noise(pictures):
    """Squared error of the mean luminance over its estimated variance, both relative to the luminance."""
    for scene, by_spp in scenes_of(pictures).items():
        pair = next(paths for paths in by_spp.values() if len(paths) == 2)
        bright = [luminance(read_picture(path)["radiance"]) for path in pair]
        reference, of_reference = (bright[0] + bright[1]) / 2, (bright[0] - bright[1]) ** 2 / 4
        row = []
        for spp in reference_of(by_spp)[0]:
            noisy, scale = read_picture(by_spp[spp][0]), reference**2 + 1e-4
            error = ((luminance(noisy["radiance"]) - reference) ** 2 - of_reference) / scale
            if spp > 1:
                row.append(f"{spp}: {float(error.clamp(max=50).mean() / (noisy['variance'] / scale).clamp(max=50).mean()):.2f}")
        print(f"{scene:20}", *row, flush=True)


@torch.no_grad()
def guard(pictures, weights):
    network, gains = read_weights(weights), {}
    share = definition.RARE_LIGHT
    for scene, by_spp in scenes_of(pictures).items():
        lower, reference, own = reference_of(by_spp)
        for spp in lower:
            noisy = read_picture(by_spp[spp][0])
            planes, exposure = {name: plane[None] for name, plane in noisy.items()}, probe_exposure(noisy)
            before, (out, share_of_own) = psnr(noisy["radiance"], reference, own), network.with_own(planes, exposure)
            definition.RARE_LIGHT = 0.0
            blind = guarded(planes, out, share_of_own, exposure)
            definition.RARE_LIGHT = share
            for name, picture in (("none", out), ("noise alone", blind), ("guard", guarded(planes, out, share_of_own, exposure))):
                gains.setdefault((spp, name), []).append((psnr(picture[0], reference, own) - before, scene))
    for (spp, name), found in gains.items():
        worst = min(found)
        print(f"{spp:4} spp  {name:12} mean {np.mean([gain for gain, _ in found]):+.2f} dB  worst {worst[0]:+.2f} {worst[1]}")


@torch.no_grad()
def margin(pictures, weights, spp=16):
    network = read_weights(weights)
    for edge in (64, 128):
        for around in (0, 16, 32):
            found = []
            for scene, by_spp in scenes_of(pictures).items():
                noisy = read_picture(by_spp[spp][0])
                exposure = probe_exposure(noisy)
                whole = run(network, noisy, exposure)
                error = float((tone_mapped(whole[None]) - tone_mapped(in_tiles(network, noisy, exposure, edge, around)[None])).square().mean())
                found.append((-10 * np.log10(max(error, 1e-12)), scene))
            print(f"tiles of {edge:3}, margin {around:2}: mean {np.mean([db for db, _ in found]):.1f} dB, least {min(found)[0]:.1f} {min(found)[1]}", flush=True)


def run(network, noisy, exposure):
    return denoised(network, {name: plane[None] for name, plane in noisy.items()}, exposure)[0]


def in_tiles(network, noisy, exposure, edge, around):
    height, width = noisy["radiance"].shape[1:]
    out = torch.empty_like(noisy["radiance"])
    for y in range(0, height, edge):
        for x in range(0, width, edge):
            top, left = max(0, y - around), max(0, x - around)
            cut = {name: plane[:, top : y + edge + around, left : x + edge + around] for name, plane in noisy.items()}
            tile = out[:, y : y + edge, x : x + edge]
            tile.copy_(run(network, cut, exposure)[:, y - top : y - top + tile.shape[1], x - left : x - left + tile.shape[2]])
    return out


if __name__ == "__main__":
    {"noise": noise, "guard": guard, "margin": margin, "flicker": flicker}[sys.argv[1]](*sys.argv[2:])
