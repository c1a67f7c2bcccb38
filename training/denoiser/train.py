"""Trains one network of docs/denoiser.md and exports it.

    python train.py --data CROPS… --validation CROPS… --size small --minutes 40 --out RUN

One command, CPU or CUDA. A run that was stopped goes on from RUN/checkpoint.pt; new records in the data folders are taken in while it runs.
"""

import argparse
import json
import math
import os
import time

import numpy as np
import torch

from crops import Crops, augmented, exposure_of
from export import write_weights
from losses import picture_loss, validation_table
from network import SIZES, Denoiser

SPP = (1, 2, 4, 8, 16, 32, 64, 128)
SPP_SHARE = (0.10, 0.10, 0.13, 0.16, 0.22, 0.11, 0.10, 0.08)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--validation", nargs="*", default=[])
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=30, help="the learning rate falls to nothing over this time")
    parser.add_argument("--steps", type=int, help="the same by steps, so that two runs can be compared on a busy machine")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--window", type=int, default=112, help="edge of what is cut from a crop, a multiple of 16")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--limit", type=int, default=None, help="use this many crops (for ablations)")
    parser.add_argument("--loss", default="tone", choices=("tone", "relative", "smape"))
    parser.add_argument("--widths", type=int, nargs=4, help="instead of those of the size")
    parser.add_argument("--taps", type=int, choices=(9, 25), help="instead of those of the size")
    parser.add_argument("--blind", default="", help="features to leave out, by number, for ablations: 9,10")
    parser.add_argument("--scales", type=int, default=5, choices=(3, 4, 5), help="leave out the coarsest, for ablations of the reach")
    parser.add_argument("--start", help="weights to begin with: another run's checkpoint")
    return parser.parse_args()


def batch_of(crops, rng, size, window):
    """`size` augmented pairs; exposure is that of the crop, off by some stops as a frame's may be."""
    inputs, targets, exposures = [], [], []
    for _ in range(size):
        spp = int(rng.choice(SPP, p=SPP_SHARE))
        while not len(fit := crops.fit_for(spp)):
            spp //= 2
        at = int(rng.choice(fit))
        height, width = crops.means[at].shape[-2:]
        y, x = rng.integers(height - window + 1), rng.integers(width - window + 1)
        cut = np.s_[:, :, y : y + window, x : x + window]
        noisy, target = crops.pair(at, crops.blocks_for(at, spp, rng), cut)
        exposures.append(exposure_of(target) * 2.0 ** rng.normal(0, 1.0))
        noisy, target = augmented(noisy, target, rng)
        inputs.append(noisy)
        targets.append(target)
    noisy = {name: torch.stack([one[name] for one in inputs]) for name in inputs[0]}
    exposure = torch.tensor(exposures, dtype=torch.float32).clamp(1e-6, 1e6).view(-1, 1, 1, 1)
    return noisy, torch.stack(targets), exposure


def rate_at(share, peak):
    """One cycle: a short warm-up, then a cosine to next to nothing."""
    warm = 0.05
    if share < warm:
        return peak * (0.1 + 0.9 * share / warm)
    return peak * (0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * (share - warm) / (1 - warm))))


class Average:
    """Exponential mean of the weights: what is exported."""

    def __init__(self, network):
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    def update(self, network, step):
        keep = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            for name, value in network.state_dict().items():
                self.state[name].mul_(keep).add_(value, alpha=1 - keep)


def main():
    args = arguments()
    if args.threads:
        torch.set_num_threads(args.threads)
    os.makedirs(args.out, exist_ok=True)
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    crops = Crops(args.data, args.limit)
    validation = Crops(args.validation)
    widths, taps = SIZES[args.size]
    network = Denoiser(args.widths or widths, args.taps or taps).to(device)
    network.blind = [int(number) for number in args.blind.split(",") if number]
    network.scales = args.scales
    if args.start:
        network.load_state_dict(torch.load(args.start, map_location=device, weights_only=True)["average"])
    optimiser = torch.optim.AdamW(network.parameters(), args.rate, betas=(0.9, 0.99), weight_decay=1e-4)
    average = Average(network)
    step, spent, curve = 0, 0.0, []
    checkpoint = os.path.join(args.out, "checkpoint.pt")
    if os.path.exists(checkpoint):
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        average.state, step, spent, curve = saved["average"], saved["step"], saved["spent"], saved["curve"]
    rng = np.random.default_rng([args.seed, step])
    print(f"{len(crops)} crops, {len(validation)} for validation, {args.size} on {device}, from step {step}", flush=True)

    def save():
        state = dict(network=network.state_dict(), optimiser=optimiser.state_dict(), average=average.state, step=step, spent=spent, curve=curve)
        torch.save(state, checkpoint + ".tmp")
        os.replace(checkpoint + ".tmp", checkpoint)

    started, recent, told = time.monotonic() - spent, [], time.monotonic()
    while (share := step / args.steps if args.steps else spent / (args.minutes * 60)) < 1:
        noisy, target, exposure = (move(part, device) for part in batch_of(crops, rng, args.batch, args.window))
        for group in optimiser.param_groups:
            group["lr"] = rate_at(share, args.rate)
        with torch.autocast(device, dtype=torch.bfloat16):
            out = network(noisy, exposure)
        loss, decibels = picture_loss(out, noisy["radiance"], target, exposure, args.loss)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        average.update(network, step)
        step, spent = step + 1, time.monotonic() - started
        recent.append(decibels)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            crops.refresh()
            curve.append((step, float(np.mean(recent))))
            print(f"{spent / 60:5.1f} min  step {step}  {len(crops)} crops  gain {np.mean(recent):.2f} dB", flush=True)
            recent = []
            if len(curve) % 5 == 0:
                save()
                if len(validation):
                    print(table_of(network, average, validation), flush=True)
    save()
    final = table_of(network, average, validation) if len(validation) else ""
    print(final, flush=True)
    seeds = sorted({header["seed"] for header in crops.headers})
    story = dict(steps=step, minutes=round(spent / 60, 1), crops=len(crops), batch=args.batch, window=args.window, loss=args.loss, rate=args.rate, first_seed=seeds[0], last_seed=seeds[-1], scenes=len(seeds), torch=torch.__version__)
    network.load_state_dict(average.state)
    write_weights(network, args.size, story, os.path.join(args.out, f"{args.size}.tdn"))
    with open(os.path.join(args.out, "curve.json"), "w") as file:
        json.dump(dict(story=story, seeds=seeds, gain_db=curve, validation=final), file)


def move(part, device):
    return {name: plane.to(device) for name, plane in part.items()} if isinstance(part, dict) else part.to(device)


def table_of(network, average, validation):
    """The averaged weights on the validation crops."""
    own = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(average.state)
    text = validation_table(network, validation)
    network.load_state_dict(own)
    return text


if __name__ == "__main__":
    main()
