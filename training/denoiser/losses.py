"""What the network is asked for, and how a result is measured."""

import numpy as np
import torch

from crops import LARGE_SPP, exposure_of
from network import denoised, luminance, tone_slope


def tone_mapped(radiance):
    """x / (1 + luminance), then the sRGB curve: the space of the PSNR figures."""
    x = radiance.clamp_min(0)
    x = (x / (1 + luminance(x))).clamp(0, 1)
    return torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clamp_min(1e-9) ** (1 / 2.4) - 0.055)


def picture_loss(out, noisy, target, exposure, kind):
    """The loss and the gain over the noisy input in dB (targets' noise included, so it is an understatement).

    `tone`: squared error times the squared slope of the tone curve *at the output* (held fixed), which is the error in tone-mapped space to
    first order and, unlike that error itself, has its minimum at the mean of noisy targets. Crops count by the logarithm of their error,
    because the figure of merit is a mean of decibels. Beside it stands the crop's mean energy, which a picture must keep and which no
    pixel's error shows.
    """
    offset = (out - target).mean((1, 2, 3)) / (target.mean((1, 2, 3)) + 0.02 / exposure.flatten())
    energy = 30 * torch.where(offset.abs() < 0.1, offset**2, 0.2 * offset.abs() - 0.01).mean()
    if kind == "smape":
        scaled, wanted = out * exposure, target * exposure
        each = (scaled - wanted).abs() / (scaled.abs() + wanted.abs() + 0.02)
        return each.mean() + energy, gain(out, noisy, target, exposure)
    held = (out.detach() * exposure).clamp_min(0)
    slope = tone_slope(held) if kind == "tone" else 1 / (held + 0.05)
    miss = slope * (out - target) * exposure
    square = torch.where(miss.abs() < 1, miss**2, 2 * miss.abs() - 1)
    crop = square.mean((1, 2, 3))
    return (crop / (crop.detach() + 2e-4)).mean() + energy, gain(out, noisy, target, exposure)


def gain(out, noisy, target, exposure):
    with torch.no_grad():
        wanted = tone_mapped(target * exposure)
        before = (tone_mapped(noisy * exposure) - wanted).square().mean((1, 2, 3)) + 1e-7
        after = (tone_mapped(out * exposure) - wanted).square().mean((1, 2, 3)) + 1e-7
        return float((10 * torch.log10(before / after)).mean())


def validation_table(network, crops):
    """Mean PSNR before and after by samples per pixel, the target's own noise taken out; and the change of mean energy."""
    rng, rows = np.random.default_rng(7), []
    for spp in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        figures = []
        for at in range(len(crops)):
            counts = crops.spp[at].tolist()
            if spp >= LARGE_SPP and counts.count(LARGE_SPP) < 2 * spp // LARGE_SPP:
                continue
            figures.append(figures_of(network, crops, at, crops.blocks_for(at, spp, rng)))
        if figures:
            before, after, energy = np.mean(figures, 0)
            worst = min(one[1] - one[0] for one in figures)
            rows.append(f"   {spp:4} spp  noisy {before:5.2f}  ours {after:5.2f}  gain {after - before:5.2f} dB  worst {worst:5.2f}  energy {100 * energy:+.2f} %")
    return "\n".join(rows)


@torch.no_grad()
def figures_of(network, crops, at, blocks, bare=False):
    """PSNR before and after, and the change of mean energy; `bare`: without the guard."""
    noisy, target = crops.pair(at, blocks)
    rest = [i for i, spp in enumerate(crops.spp[at].tolist()) if spp == LARGE_SPP and i not in blocks]
    halves = [crops.means[at][rest[k::2]][:, :3].float().mean(0)[None] for k in (0, 1)]
    exposure = torch.tensor([exposure_of(target)]).clamp(1e-6, 1e6).view(1, 1, 1, 1)
    planes = {name: plane[None] for name, plane in noisy.items()}
    out = network(planes, exposure) if bare else denoised(network, planes, exposure)
    mapped = [tone_mapped(half * exposure) for half in halves]
    noise = float((mapped[0] - mapped[1]).square().mean()) / 4
    wanted = tone_mapped(target[None] * exposure)

    def psnr(picture):
        error = float((tone_mapped(picture * exposure) - wanted).square().mean()) - noise
        return -10 * np.log10(max(error, 1e-7))

    energy = float(out.mean() / noisy["radiance"].mean().clamp_min(1e-9)) - 1
    return psnr(noisy["radiance"][None]), psnr(out), energy
