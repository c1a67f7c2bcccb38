# SPDX-License-Identifier: GPL-3.0-or-later
"""What to render, and the words of Tessera's command line for it. Nothing in here knows Blender."""

import dataclasses
import re

# Blender's name for a pass, and Tessera's layer for it. Combined is always there.
LAYER_OF_PASS = {
    "Depth": "depth",
    "Position": "position",
    "Vector": "motion",
    "Noisy Image": "noisy",
    "Denoising Albedo": "albedo",
    "Denoising Normal": "normal",
    "Debug Sample Count": "samples",
    "CryptoObject": "cryptomatte",
    "CryptoMaterial": "cryptomatte",
}


@dataclasses.dataclass(frozen=True)
class Farm:
    """Somebody else's computers: a coordinator, and what the artist asks of those who render.

    `max_price` is in micro-credits for a million samples; 0 leaves it to Tessera.
    """

    coordinator: str
    max_price: int = 0
    nodes: str = ""
    referee: str = ""

    def words(self):
        words = ["--coordinator", self.coordinator]
        words += ["--max-price", str(self.max_price)] if self.max_price > 0 else []
        words += ["--nodes", self.nodes] if self.nodes else []
        words += ["--referee", self.referee] if self.referee else []
        return words


@dataclasses.dataclass(frozen=True)
class Look:
    """How a picture is to be. Sizes in pixels; `env` is a file, or "none" for black; `shutter` is in frames."""

    width: int
    height: int
    spp: int = 64
    seed: int = 0
    max_bounces: int = 8
    clamp_indirect: float = 10.0
    denoise: str = "node"
    filter: str = "blackman-harris"
    camera: str = ""
    env: str = "none"
    env_strength: float = 1.0
    env_rotate_deg: float = 0.0
    shutter: float = 0.0
    layers: tuple = ("beauty",)
    gpu: str = ""

    def words(self):
        words = ["--size", f"{self.width}x{self.height}", "--spp", str(self.spp), "--seed", str(self.seed)]
        words += ["--max-bounces", str(self.max_bounces), "--clamp-indirect", f"{self.clamp_indirect:g}"]
        words += ["--denoise", self.denoise, "--filter", self.filter, "--layers", ",".join(self.layers)]
        words += ["--camera", self.camera] if self.camera else []
        words += ["--env", self.env]
        if self.env != "none":
            words += ["--env-strength", f"{self.env_strength:.9g}", "--env-rotate", f"{self.env_rotate_deg:.9g}"]
        words += ["--shutter", f"{self.shutter:.9g}"] if self.shutter > 0 else []
        words += ["--gpu", self.gpu] if self.gpu else []
        return words


def layers_for(passes):
    """Tessera's layers for passes that Blender asks for, each once, beauty first."""
    asked = (LAYER_OF_PASS[name] for name in passes if name in LAYER_OF_PASS)
    return tuple(dict.fromkeys(["beauty", *asked]))


def credits_text(micro_credits):
    """An amount for people, as the desktop writes it: in credits, or in micro-credits below a thousandth."""
    if 0 < micro_credits < 1000:
        return f"{micro_credits} micro-credits"
    amount = f"{micro_credits / 1e6:.3f}".rstrip("0").rstrip(".")
    return f"{amount} credits"


def render(program, scene, out, look, farm=None, screen="", frames="", fps=24.0, detach=False):
    """The command line for a render of `scene` to `out`, here or with a farm.

    `screen` is the HOST:PORT to which the growing picture goes. `frames` is empty for a still; `out` then names one file, else it has ####.
    """
    words = [str(program), "submit" if farm else "render", str(scene), "-o", str(out), "--json", "--exr-layout", "blender"]
    words += farm.words() if farm else []
    words += look.words()
    words += ["--frames", frames, "--fps", f"{fps:.9g}"] if frames else []
    words += ["--tev", screen] if screen else []
    words += ["--detach"] if detach else []
    return words


_RANGE = re.compile(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?(?:x\s*(\d+)\s*)?$")


def frame_list(text):
    """A list of frames as people write it ("1-30, 47", "1-9x2") in Tessera's form, or ValueError with a sentence."""
    parts = []
    for part in text.split(","):
        found = _RANGE.match(part)
        if not found:
            raise ValueError(f'"{part.strip()}" is no frame. Write frames as in 1-30, 47 or 1-99x2.')
        first, last, step = (None if number is None else int(number) for number in found.groups())
        if last is not None and last < first or step == 0 or (step and last is None):
            raise ValueError(f'"{part.strip()}" is no range of frames. Write frames as in 1-30, 47 or 1-99x2.')
        parts.append(f"{first}" + (f"-{last}" if last is not None else "") + (f"x{step}" if step else ""))
    return ",".join(parts)


def span(frames):
    """First and last frame of a list that `frame_list` made."""
    numbers = [int(number) for part in frames.split(",") for number in part.split("x")[0].split("-")]
    return min(numbers), max(numbers)
