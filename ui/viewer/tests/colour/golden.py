"""Prints what OpenColorIO's own library makes of a few colours: golden.txt.

pip install opencolorio==2.6.0 && python golden.py > golden.txt
"""

import pathlib

import PyOpenColorIO as ocio

HERE = pathlib.Path(__file__).parent
CG2 = "ocio://cg-config-v4.0.0_aces-v2.0_ocio-v2.5"
CG1 = "ocio://cg-config-v1.0.0_aces-v1.3_ocio-v2.1"
VIEWS = [
    (CG2, "sRGB - Display", "ACES 2.0 - SDR 100 nits (Rec.709)"),
    (CG2, "Display P3 - Display", "ACES 2.0 - SDR 100 nits (P3 D65)"),
    (CG2, "Rec.2100-PQ - Display", "ACES 2.0 - HDR 1000 nits (Rec.2020)"),
    (CG2, "sRGB - Display", "Un-tone-mapped"),
    (CG1, "sRGB - Display", "ACES 1.0 - SDR Video"),
    ("config.ocio", "Projector", "Film"),
    ("config.ocio", "Projector", "Plain"),
    ("config.ocio", "Screen", "Plain"),
    ("config.ocio", "Screen", "Stops"),
]
SPACES = {CG2: ["Linear Rec.709 (sRGB)", "ACEScg"], CG1: ["Linear Rec.709 (sRGB)"], "config.ocio": ["light"]}
IDENTIFIERS = {"Linear Rec.709 (sRGB)": "lin_rec709_scene", "ACEScg": "lin_ap1_scene", "light": "lin_rec709_scene"}
COLOURS = [
    (0, 0, 0), (0.18, 0.18, 0.18), (1, 1, 1), (4, 0.1, 0.02), (-0.1, 0.5, 0.3),
    (120, 90, 20), (0.02, 0.01, 0.3), (0.001, 0.002, 0.0005), (1000, 1000, 1000),
]  # fmt: skip

for name, display, view in VIEWS:
    config = ocio.Config.CreateFromFile(name if "://" in name else str(HERE / name))
    for space in SPACES[name]:
        processor = config.getProcessor(space, display, view, ocio.TRANSFORM_DIR_FORWARD)
        arithmetic = processor.getDefaultCPUProcessor()
        print("\t".join(["view", name, IDENTIFIERS[space], display, view]))
        for colour in COLOURS:
            print(*colour, *(f"{value:.9g}" for value in arithmetic.applyRGB(list(colour))))
