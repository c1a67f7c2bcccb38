"""Ours beside Open Image Denoise on the same EXRs: PSNR in dB, mean energy, contact sheets.

    python compare.py PICTURES --weights small.tdn quality.tdn [--oidn ANCHORS] [--sheets DIR]

PICTURES holds `SCENE.SPP.SEED.exr` with the layers noisy (or beauty), albedo, normal, depth, variance, samples. Two pictures of the same
scene at one number of samples, of different seeds, are its reference: their mean; half of their difference is its noise, which is taken out of
every error. ANCHORS is a folder with `oidn.py`, which finds the library in a `bpy` wheel; nothing of it is shipped or copied.
"""

import argparse
import collections
import os
import sys

import numpy as np
import OpenEXR
import torch

from crops import exposure_of
from export import read_weights
from losses import tone_mapped
from network import denoised


def read_picture(path, beauty=False):
    """Layers by name as (channels, h, w) f32; radiance is what was traced, or the picture as people see it."""
    with OpenEXR.File(path, separate_channels=True) as file:
        channels = {name: np.asarray(channel.pixels, np.float32) for name, channel in file.channels().items()}

    def layer(*names):
        return torch.from_numpy(np.stack([channels[name] for name in names]).astype(np.float32))

    prefix = "noisy." if "noisy.R" in channels and not beauty else ""
    samples = layer(next(name for name in channels if name.startswith("samples")))
    depth = layer(next(name for name in channels if name.startswith("depth")))
    motion = {"motion": layer("motion.X", "motion.Y")} if "motion.X" in channels else {}
    return motion | {
        "radiance": layer(*(prefix + c for c in "RGB")), "albedo": layer(*("albedo." + c for c in "RGB")),
        "normal": layer(*("normal." + c for c in "XYZ")), "depth": depth, "hits": (depth < 1e9).float(),
        "variance": layer(next(name for name in channels if name.startswith("variance"))), "samples": samples,
    }


def scenes_of(folder, paired=True):
    """Scene to {spp: [paths]}, of scenes with a reference of their own or without."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for name in sorted(os.listdir(folder)):
        parts = name.split(".")
        if len(parts) == 4 and parts[3] == "exr":
            found[parts[0]][int(parts[1])].append(os.path.join(folder, name))
    return {scene: by for scene, by in found.items() if paired == any(len(paths) == 2 for paths in by.values())}


def reference_of(by_spp):
    """The other numbers of samples, the mean of the pair, and its noise."""
    pair = next(spp for spp, paths in by_spp.items() if len(paths) == 2)
    first, second = (read_picture(path)["radiance"] for path in by_spp[pair])
    noise = float((tone_mapped(first[None]) - tone_mapped(second[None])).square().mean()) / 4
    return sorted(spp for spp in by_spp if spp != pair), (first + second) / 2, noise


def psnr(picture, reference, noise):
    error = float((tone_mapped(picture[None]) - tone_mapped(reference[None])).square().mean()) - noise
    return -10 * np.log10(max(error, 1e-7))


def probe_exposure(noisy):
    """Section 6 on a 16×16 box average of the picture itself."""
    return torch.tensor([exposure_of(noisy["radiance"])]).clamp(1e-6, 1e6).view(1, 1, 1, 1)


def candidates(args):
    """Name to a function from noisy planes to radiance."""
    methods = {}
    for path in args.weights:
        network = read_weights(path)

        def ours(noisy, network=network):
            with torch.no_grad():
                return denoised(network, {name: plane[None] for name, plane in noisy.items()}, probe_exposure(noisy))[0]

        methods[os.path.basename(path).removesuffix(".tdn")] = ours
    if args.oidn:
        sys.path.insert(0, args.oidn)
        import oidn

        def theirs(noisy, quality=None):
            moved = [np.ascontiguousarray(noisy[name].numpy().transpose(1, 2, 0)) for name in ("radiance", "albedo", "normal")]
            return torch.from_numpy(oidn.denoise(*moved, prefilter=False, quality=quality).transpose(2, 0, 1).copy())

        methods["oidn"] = lambda noisy: theirs(noisy, 5)
    return methods


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures")
    parser.add_argument("--weights", nargs="*", default=[])
    parser.add_argument("--oidn")
    parser.add_argument("--sheets")
    parser.add_argument("--sheet-spp", type=int, default=16)
    parser.add_argument("--scenes", help="only these, by comma")
    parser.add_argument("--look", metavar="REFERENCES", help="sheets without figures for scenes that have no pair, beside REFERENCES/SCENE.exr of another renderer")
    args = parser.parse_args()
    methods = candidates(args)
    totals = collections.defaultdict(list)
    for scene, by_spp in scenes_of(args.pictures).items():
        if args.scenes and scene not in args.scenes.split(","):
            continue
        lower, reference, noise = reference_of(by_spp)
        for spp in lower:
            noisy = read_picture(by_spp[spp][0])
            before = psnr(noisy["radiance"], reference, noise)
            line, outs = f"{scene:20} {spp:4} spp  noisy {before:5.2f}", {}
            for name, method in methods.items():
                outs[name] = method(noisy)
                after = psnr(outs[name], reference, noise)
                energy = 100 * (float(outs[name].mean() / noisy["radiance"].mean()) - 1)
                by_colour = 100 * (outs[name].mean((1, 2)) / noisy["radiance"].mean((1, 2)) - 1)
                colours = " ".join(f"{float(one):+.2f}" for one in by_colour)
                line += f"   {name} {after:5.2f} ({after - before:+5.2f}, energy {energy:+.2f} %: {colours})"
                totals[spp, name].append((after - before, abs(energy)))
            print(line, flush=True)
            if args.sheets and spp == args.sheet_spp:
                sheet(os.path.join(args.sheets, f"{scene}.png"), noisy["radiance"], outs, reference)
    for scene, by_spp in scenes_of(args.pictures, paired=False).items() if args.look else ():
        noisy = read_picture(by_spp[args.sheet_spp][0])
        with OpenEXR.File(os.path.join(args.look, f"{scene}.exr")) as file:
            reference = torch.from_numpy(file.channels()["RGB"].pixels.astype(np.float32).transpose(2, 0, 1).copy())
        sheet(os.path.join(args.sheets, f"{scene}.png"), noisy["radiance"], {name: method(noisy) for name, method in methods.items()}, reference)
    for (spp, name), figures in sorted(totals.items()):
        gains, energies = zip(*figures)
        print(f"mean of {len(gains)} {spp:4} spp {name:8} gain {np.mean(gains):+.2f} dB  worst {min(gains):+.2f}  |energy| mean {np.mean(energies):.2f} % worst {max(energies):.2f} %")


def sheet(path, noisy, outs, reference):
    """Noisy, each method, reference; below, errors times 8."""
    from PIL import Image

    mapped = [tone_mapped(picture[None])[0] for picture in (noisy, *outs.values(), reference)]
    errors = [((one - mapped[-1]) * 4 + 0.5).clamp(0, 1) for one in mapped]
    rows = [torch.cat(row, 2) for row in (mapped, errors)]
    pixels = (torch.cat(rows, 1).clamp(0, 1).permute(1, 2, 0).numpy() * 255 + 0.5).astype(np.uint8)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Image.fromarray(pixels).save(path)


if __name__ == "__main__":
    main()
