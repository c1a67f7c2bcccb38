"""The network and the filter of docs/denoiser.md, sections 1 to 3 and 8, in PyTorch.

Shapes are (batch, channels, height, width); height and width are multiples of 16 (the caller pads).
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

LUMINANCE = (0.2126, 0.7152, 0.0722)
FEATURES = 12
ALBEDO_FLOOR = 0.05
# The guard: what more is excused where noise is strong against the picture, and where few samples may have missed light.
RARE_LIGHT = 8.0
FEW_SAMPLES = 4.0
# Relative variance at which a pixel gets half of the energy that it would get if nothing were known of it.
KNOWN = 1e-4
CELL = 16
SIZES = {"small": ((24, 32, 48, 64), 9), "quality": ((48, 64, 96, 128), 25)}


def compressed(x):
    """L of the page: logarithmic above 1/16, linear below."""
    return torch.log1p(16.0 * x) / 4.0


def luminance(rgb):
    """Of (…, 3, height, width), tensors and arrays alike; the channel stays, of length 1."""
    return sum(weight * rgb[..., i : i + 1, :, :] for i, weight in enumerate(LUMINANCE))


def features(noisy, exposure):
    """The twelve features of a batch of pixel means; `exposure` is (batch, 1, 1, 1).

    `noisy` maps radiance, albedo, normal (3 channels), depth, hits, variance, samples (1 channel) to tensors.
    """
    radiance = noisy["radiance"].nan_to_num(0.0, 0.0, 0.0).clamp_min(0.0)
    radiance = torch.minimum(radiance, 1e6 / exposure)
    albedo = noisy["albedo"].nan_to_num(0.0, 0.0, 0.0).clamp(0.0, 1.0)
    normal = noisy["normal"].nan_to_num(0.0, 0.0, 0.0).clamp(-1.0, 1.0)
    variance = noisy["variance"].nan_to_num(0.0, 0.0, 0.0).clamp_min(0.0)
    samples = noisy["samples"]
    light = radiance / (albedo + ALBEDO_FLOOR)
    relative = exposure * variance.sqrt() / (exposure * luminance(radiance) + 0.02)
    relative = torch.where(samples < 2, torch.ones_like(relative), relative.clamp_max(64.0))
    depth = torch.log2(noisy["depth"].nan_to_num(0.0, 0.0, 0.0).clamp_min(2.0**-10)) / 16.0
    hits = noisy["hits"].nan_to_num(0.0, 0.0, 0.0)
    depth = torch.where(hits > 0, depth.clamp(-0.625, 1.0), torch.full_like(depth, 1.5))
    rate = samples.clamp_min(1.0).rsqrt()
    valid = (samples > 0).to(light.dtype)
    seen = [valid * plane for plane in (compressed(exposure * light), albedo, normal)]
    return torch.cat([*seen, compressed(relative), rate, valid * depth], 1), light, albedo, valid


class Taps(torch.autograd.Function):
    """Sum of an image's shifted copies, each times its weight; written by hand because autograd's slices cost five times as much."""

    @staticmethod
    def forward(context, padded, weights):
        context.save_for_backward(padded, weights)
        height, width = weights.shape[-2:]
        out = padded.new_zeros(*padded.shape[:2], height, width)
        for k, (y, x) in enumerate(places(weights.shape[1])):
            out.addcmul_(padded[..., y : y + height, x : x + width], weights[:, k : k + 1])
        return out

    @staticmethod
    def backward(context, gradient):
        padded, weights = context.saved_tensors
        height, width = weights.shape[-2:]
        to_padded, to_weights = torch.zeros_like(padded), torch.empty_like(weights)
        for k, (y, x) in enumerate(places(weights.shape[1])):
            tap = np.s_[..., y : y + height, x : x + width]
            torch.sum(gradient * padded[tap], 1, out=to_weights[:, k])
            to_padded[tap].addcmul_(gradient, weights[:, k : k + 1])
        return to_padded, to_weights


def places(taps):
    """Upper left corners of the taps in a padded image, rows first."""
    side = int(taps**0.5)
    return [(y, x) for y in range(side) for x in range(side)]


def averaged(image, logits):
    """The image averaged by the softmax of `logits` over 9 or 25 taps; edges repeat."""
    radius = (int(logits.shape[1] ** 0.5) - 1) // 2
    return Taps.apply(F.pad(image, (radius,) * 4, mode="replicate"), logits.softmax(1))


def normalised(weighted):
    """(w·x, w) to (x, 1); where no weight is, 0."""
    weight = weighted[:, 3:4]
    colour = torch.where(weight < 1e-12, torch.zeros_like(weighted[:, :3]), weighted[:, :3] / weight.clamp_min(1e-12))
    return torch.cat([colour, torch.ones_like(weight)], 1)


def doubled(image):
    return F.interpolate(image, scale_factor=2, mode="nearest")


class Conv(nn.Module):
    """3×3 convolution with repeated edges, then ReLU."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")
        nn.init.zeros_(self.conv.bias)

    def forward(self, x):
        return F.relu(self.conv(F.pad(x, (1, 1, 1, 1), mode="replicate")))


def head(inputs, outputs):
    conv = nn.Conv2d(inputs, outputs, 1)
    nn.init.normal_(conv.weight, std=0.1 * inputs**-0.5)
    nn.init.zeros_(conv.bias)
    return conv


class Denoiser(nn.Module):
    """Predicts kernels on five scales and applies them."""

    def __init__(self, widths, taps):
        super().__init__()
        c0, c1, c2, c3 = widths
        self.widths, self.taps = widths, taps
        # For ablations: features that are not seen, and scales that are not filtered on.
        self.blind, self.scales = [], 5
        self.enc0a, self.enc0b = Conv(4 * FEATURES, c0), Conv(c0, c0)
        self.enc1, self.enc2 = Conv(c0, c1), Conv(c1, c2)
        self.enc3a, self.enc3b = Conv(c2, c3), Conv(c3, c3)
        self.dec2, self.dec1, self.dec0 = Conv(c3 + c2, c2), Conv(c2 + c1, c1), Conv(c1 + c0, c0)
        self.head4 = head(c3, taps)
        self.head3, self.head2, self.head1 = head(c2, taps + 1), head(c1, taps + 1), head(c0, taps + 1)
        self.head0 = head(c0, 4 * (taps + 1 + 1 + 9))
        # A pixel starts out by trusting itself and the finer scale.
        with torch.no_grad():
            self.head0.bias.view(4, taps + 11)[:, taps + 1] = 2.0
            self.head0.bias.view(4, taps + 11)[:, taps + 2 + 4] = 2.0

    def logits(self, features):
        """What the heads say: full size first, then strides 2, 4, 8, 16."""
        e0 = self.enc0b(self.enc0a(F.pixel_unshuffle(features, 2)))
        e1 = self.enc1(F.max_pool2d(e0, 2))
        e2 = self.enc2(F.max_pool2d(e1, 2))
        e3 = self.enc3b(self.enc3a(F.max_pool2d(e2, 2))) * (self.scales > 4)
        d2 = self.dec2(torch.cat([doubled(e3), e2], 1))
        d2 = d2 * (self.scales > 3)
        d1 = self.dec1(torch.cat([doubled(d2), e1], 1))
        d0 = self.dec0(torch.cat([doubled(d1), e0], 1))
        full = self.head0(d0)
        batch, channels, height, width = full.shape
        # (sub-pixel, value) to pixel_shuffle's (value, sub-pixel).
        full = full.view(batch, 4, channels // 4, height, width).transpose(1, 2).reshape(batch, channels, height, width)
        return [F.pixel_shuffle(full, 2), self.head1(d0), self.head2(d1), self.head3(d2), self.head4(e3)]

    def filtered(self, logits, light, albedo, valid):
        """Section 3: from logits and noisy light to radiance, and each pixel's own share."""
        taps = self.taps
        full = logits[0]
        weight = torch.sigmoid(full[:, taps + 1 : taps + 2]) * valid
        pyramid = [torch.cat([weight * light, weight], 1)]
        for _ in range(4):
            pyramid.append(F.avg_pool2d(pyramid[-1], 2))
        top = self.scales - 1
        out = normalised(averaged(pyramid[top], logits[top][:, :taps]))
        for level in reversed(range(top)):
            blend = torch.sigmoid(logits[level][:, taps : taps + 1])
            z = (1 - blend) * pyramid[level] + blend * doubled(out)
            mean = averaged(z, logits[level][:, :taps])
            out = normalised(mean)
        own = full[:, :taps].softmax(1)[:, taps // 2 : taps // 2 + 1] * (1 - blend) * weight
        own = torch.where(mean[:, 3:] < 1e-12, torch.zeros_like(own), own / mean[:, 3:].clamp_min(1e-12))
        smooth_albedo = averaged(albedo, full[:, taps + 2 :])
        return out[:, :3] * (smooth_albedo + ALBEDO_FLOOR), own

    def forward(self, noisy, exposure):
        return self.with_own(noisy, exposure)[0]

    def with_own(self, noisy, exposure):
        """Filtered radiance and own shares."""
        stack, light, albedo, valid = features(noisy, exposure)
        if self.blind:
            # Ablations: what a feature is worth shows when it is taken away.
            stack = stack.clone()
            stack[:, self.blind] = 0.0
        logits = self.logits(stack)
        device = light.device.type
        with torch.autocast(device, enabled=False):
            return self.filtered([one.float() for one in logits], light, albedo, valid)


def boxed(plane, radius):
    """Means over (2 radius + 1)² pixels, edges repeated."""
    return F.avg_pool2d(F.pad(plane, (radius,) * 4, mode="replicate"), 2 * radius + 1, 1)


def tone_slope(x):
    """Derivative of the sRGB curve after x / (1 + x)."""
    u = x / (1 + x)
    curve = torch.where(u <= 0.0031308, torch.full_like(u, 12.92), 0.4395833 * u.clamp_min(1e-9) ** (1 / 2.4 - 1))
    return curve / (1 + x) ** 2


def in_cells(plane):
    """Sums over cells, those at the edge smaller."""
    height, width = plane.shape[-2:]
    return F.avg_pool2d(F.pad(plane, (0, -width % CELL, 0, -height % CELL)), CELL) * CELL**2


def between_cells(cells, like):
    """Cells to pixels, linear between their centres."""
    return F.interpolate(cells, scale_factor=CELL, mode="bilinear")[..., : like.shape[-2], : like.shape[-1]]


def guarded(noisy, out, own, exposure):
    """Section 8: the noisy picture comes back where noise does not explain the difference. Not part of the training."""
    samples = noisy["samples"]
    traced = torch.where(samples > 0, noisy["radiance"], out)
    mixed = pixels_guarded(noisy, traced, out, own, exposure)
    after = (exposure * luminance(out)).clamp_max(1e6)
    unsure = relative_noise(noisy, after, exposure)
    unsure = torch.where(samples >= 2, unsure / (unsure + KNOWN), torch.ones_like(unsure))
    before, after = ((exposure * rgb).clamp_max(1e6) for rgb in (traced, mixed))
    lost, takers = boxed(in_cells(before), 1) - boxed(in_cells(after), 1), boxed(in_cells(unsure * after), 1)
    gain = (lost / takers.clamp_min(1e-30)).clamp(-0.5, 0.5)
    return mixed * (1 + unsure * between_cells(gain, mixed))


def relative_noise(noisy, after, exposure):
    """Variance against the squared light of the pixels that have it, in the mean of a window."""
    variance = (exposure**2 * noisy["variance"]).clamp_max(1e12)
    return boxed(variance / (after + 0.02) ** 2, 2)


def pixels_guarded(noisy, traced, out, own, exposure):
    """Its first step."""
    samples = noisy["samples"]
    before, after = ((exposure * luminance(rgb)).clamp_max(1e6) for rgb in (traced, out))
    middle, variance = (before + after) / 2, (exposure**2 * noisy["variance"]).clamp_max(1e12)
    weight = tone_slope(middle + 0.005) ** 2
    differences = weight * (after - before) ** 2
    apart, given_over_middle = boxed(differences, 2), (boxed(after, 2) + 0.02) / (boxed(middle, 2) + 0.02)
    strength = relative_noise(noisy, after, exposure) * given_over_middle**2
    by_light = between_cells(in_cells(variance) / in_cells(middle + 0.02), variance)
    may = (FEW_SAMPLES / samples.clamp_min(1)) ** 2 * by_light * (1 - own) * weight * after
    missed = boxed(torch.minimum(differences, may), 2)
    excused = (1 + RARE_LIGHT * strength) * boxed((1 - own) * weight * variance, 2) + missed
    trust = torch.where((apart > excused) & (samples >= 2), excused / apart.clamp_min(1e-30), torch.ones_like(apart))
    return trust * out + (1 - trust) * traced


def denoised(network, noisy, exposure):
    """A whole picture of any size: pads, runs, cuts, holds against the noisy one."""
    height, width = noisy["radiance"].shape[-2:]
    pad = (0, -width % 16, 0, -height % 16)
    padded = {name: F.pad(plane, pad, mode="replicate") for name, plane in noisy.items()}
    out, own = (plane[..., :height, :width] for plane in network.with_own(padded, exposure))
    return guarded(noisy, out, own, exposure)
