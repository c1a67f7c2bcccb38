"""What each part of the network is worth: the small one trained briefly, whole and with something changed.

    python ablations.py --data CROPS… --validation CHECKS… --out RUNS [--steps 400]

All learn from the same crops in the same order for the same number of steps. What is printed is the mean gain in dB over the noisy input on the
checks, the target's own noise taken out, without the guard of section 8, which would hide differences.
"""

import argparse
import os
import subprocess
import sys

import numpy as np
import torch

import losses
from crops import Crops
from export import read_weights

SPP = (1, 4, 16, 64)
VARIANTS = {
    "as it is": [],
    "half the channels": ["--widths", "12", "16", "24", "32"],
    "kernels of 5×5": ["--taps", "25"],
    "four scales": ["--scales", "4"],
    "three scales": ["--scales", "3"],
    "no albedo": ["--blind", "3,4,5"],
    "no normal": ["--blind", "6,7,8"],
    "no noise, no number of samples": ["--blind", "9,10"],
    "no depth": ["--blind", "11"],
    "loss: relative squares": ["--loss", "relative"],
    "loss: SMAPE": ["--loss", "smape"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--validation", nargs="+", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    checks = Crops(args.validation)
    trainer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "train.py")
    print(f"{'':32}" + "".join(f"{spp:8}" for spp in SPP), flush=True)
    for number, (name, flags) in enumerate(VARIANTS.items()):
        out = os.path.join(args.out, f"ablation-{number}")
        command = [sys.executable, trainer, "--data", *args.data, "--limit", str(args.limit), "--steps", str(args.steps)]
        command += ["--threads", str(args.threads), "--out", out, *flags]
        if not os.path.exists(os.path.join(out, "small.tdn")):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        print(f"{name:32}" + "".join(f"{gain:8.2f}" for gain in gains(os.path.join(out, "small.tdn"), flags, checks)), flush=True)


@torch.no_grad()
def gains(path, flags, checks):
    """Mean gains at each of SPP, with the parts taken away that were taken away in training."""
    network = read_weights(path)
    for flag, value in zip(flags, flags[1:]):
        if flag == "--blind":
            network.blind = [int(number) for number in value.split(",")]
        if flag == "--scales":
            network.scales = int(value)
    rng, means = np.random.default_rng(7), []
    for spp in SPP:
        found = [losses.figures_of(network, checks, at, checks.blocks_for(at, spp, rng), bare=True) for at in range(len(checks))]
        means.append(np.mean([after - before for before, after, _ in found]))
    return means


if __name__ == "__main__":
    main()
