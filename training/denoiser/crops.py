"""Crops that the `dataset` program rendered, as pairs of a noisy input and an independent noisy target.

A record holds blocks of independent samples: 1, 2, 4 and 8 samples per pixel and several blocks of 16. An input is one of the
small blocks or some of the large ones; the target is the mean of all large blocks that the input does not use. Target noise is
independent of input noise, so a squared error has its minimum at the truth (Lehtinen et al. 2018, "Noise2Noise").
"""

import json
import math
import os
import struct

import numpy as np
import torch

from network import luminance

LARGE_SPP = 16
# Radiance 3, albedo 3, normal 3, depth, hits, standard deviation of a sample's luminance.
CHANNELS = 12
RADIANCE, ALBEDO, NORMAL, DEPTH, HITS, DEVIATION = slice(0, 3), slice(3, 6), slice(6, 9), 9, 10, 11
RADIANCE_MAX = 6e4


def read_record(path):
    """Blocks of means, (blocks, 12, height, width) as f32, and the samples of each block."""
    with open(path, "rb") as file:
        if file.read(8) != b"TESSCROP":
            raise ValueError(f"{path} is not a crop")
        (length,) = struct.unpack("<I", file.read(4))
        header = json.loads(file.read(length))
        values = np.fromfile(file, "<f4")
    width, height = header["rect"][2:]
    spp, pixels = header["blocks"], width * height
    sizes = [(plane["name"], plane["channels"]) for plane in header["planes"]]
    blocks = values.reshape(len(spp), -1)
    means = np.empty((len(spp), CHANNELS, height, width), np.float32)
    for block, samples, out in zip(blocks, spp, means):
        planes, at = {}, 0
        for name, channels in sizes:
            plane = block[at : at + channels * pixels].reshape(height, width, channels)
            planes[name], at = plane.transpose(2, 0, 1), at + channels * pixels
        out[:] = means_of(planes, samples)
    return means, np.array(spp, np.float32), header


def means_of(planes, samples):
    radiance, hits = planes["radiance"] / samples, planes["hits"]
    squares = planes["luminance_squared"] - samples * luminance(radiance) ** 2
    deviation = np.sqrt(np.maximum(squares, 0) / max(samples - 1, 1))
    depth = np.where(hits > 0, planes["depth"] / np.maximum(hits, 1), 0)
    parts = [radiance, planes["albedo"] / samples, planes["normal"] / samples, depth, hits / samples, deviation]
    return np.clip(np.nan_to_num(np.concatenate(parts)), -RADIANCE_MAX, RADIANCE_MAX)


def joined(means, samples):
    """Mean planes and variance of the mean luminance of several blocks, as (12 or so, h, w) tensors by name."""
    total = samples.sum()
    share = (samples / total).view(-1, 1, 1, 1)
    hits = (share * means[:, HITS : HITS + 1]).sum(0)
    depth = (share * means[:, HITS : HITS + 1] * means[:, DEPTH : DEPTH + 1]).sum(0) / hits.clamp_min(1e-6)
    mean = (share * means[:, :9]).sum(0)
    each, whole = luminance(means[:, RADIANCE]), luminance(mean[RADIANCE])
    number = samples.view(-1, 1, 1, 1)
    squares = ((number - 1) * means[:, DEVIATION : DEVIATION + 1] ** 2 + number * (each - whole) ** 2).sum(0)
    variance = squares / max(float(total) - 1, 1) / total if total > 1 else torch.zeros_like(squares)
    return {
        "radiance": mean[RADIANCE], "albedo": mean[ALBEDO], "normal": mean[NORMAL],
        "depth": depth, "hits": hits, "variance": variance, "samples": torch.full_like(hits, float(total)),
    }


def exposure_of(radiance):
    """Section 6 of the page on a clean crop, (3, h, w)."""
    cells = torch.nn.functional.avg_pool2d(luminance(radiance)[None], 16).flatten()
    cells = cells[cells > 1e-8]
    return float(0.18 / cells.log().mean().exp()) if len(cells) else 1.0


class Crops:
    """All records of some folders, in memory as f16."""

    def __init__(self, folders, limit=None):
        self.folders, self.known, self.means, self.spp, self.headers = folders, set(), [], [], []
        self.limit, self.large = limit, np.array([])
        self.refresh()

    def refresh(self):
        """Takes in records that have appeared since."""
        for folder in self.folders:
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                path = os.path.join(folder, name)
                if not name.endswith(".crop") or path in self.known or self.limit and len(self.known) >= self.limit:
                    continue
                means, spp, header = read_record(path)
                self.known.add(path)
                self.means.append(torch.from_numpy(means).half())
                self.spp.append(torch.from_numpy(spp))
                self.headers.append(header)

    def __len__(self):
        return len(self.means)

    def fit_for(self, spp):
        """Crops that leave a target at least as clean as an input of `spp` samples; if there are none, any that leave a target at all, perhaps none."""
        blocks = self.spp_large()
        clean = np.flatnonzero(blocks >= 2 * spp // LARGE_SPP)
        return clean if len(clean) else np.flatnonzero(blocks > spp // LARGE_SPP)

    def spp_large(self):
        """Number of large blocks of each crop."""
        if len(self.large) != len(self.spp):
            self.large = np.array([int((spp == LARGE_SPP).sum()) for spp in self.spp])
        return self.large

    def pair(self, at, blocks, window=np.s_[:, :, :, :]):
        """Input planes of some blocks and the target radiance of the large blocks that are left."""
        rest = [i for i, spp in enumerate(self.spp[at].tolist()) if spp == LARGE_SPP and i not in blocks]
        means = self.means[at][window]
        noisy = joined(means[blocks].float(), self.spp[at][blocks])
        return noisy, means[rest][:, RADIANCE].float().mean(0)

    def blocks_for(self, at, spp, rng):
        """Block numbers whose samples sum to `spp`; the small ones are there once, large ones are drawn."""
        counts = self.spp[at].tolist()
        if spp < LARGE_SPP:
            return [counts.index(spp)]
        large = [i for i, count in enumerate(counts) if count == LARGE_SPP]
        return sorted(rng.choice(large, spp // LARGE_SPP, replace=False).tolist())


def augmented(noisy, target, rng):
    """Flips, transposes, permutes colours, turns normals, scales depth: what no picture should depend on."""
    order = rng.permutation(3).tolist()
    turn = torch.from_numpy(np.linalg.qr(rng.standard_normal((3, 3)))[0].astype(np.float32))
    noisy = dict(noisy)
    before = luminance(noisy["radiance"])
    noisy["radiance"], noisy["albedo"] = noisy["radiance"][order], noisy["albedo"][order]
    after = luminance(noisy["radiance"])
    noisy["variance"] = noisy["variance"] * ((after + 1e-9) / (before + 1e-9)) ** 2
    noisy["normal"] = torch.einsum("ij,jhw->ihw", turn, noisy["normal"])
    noisy["depth"] = noisy["depth"] * math.exp(rng.uniform(-2, 2))
    target = target[order]
    flips = [axis for axis in (1, 2) if rng.random() < 0.5]
    transpose = rng.random() < 0.5

    def moved(plane):
        plane = plane.flip(flips) if flips else plane
        return plane.transpose(1, 2) if transpose else plane

    return {name: moved(plane) for name, plane in noisy.items()}, moved(target)
