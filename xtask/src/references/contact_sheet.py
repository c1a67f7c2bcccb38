"""Contact sheet: every picture small beside its reference and their relative error.

usage: contact_sheet.py SHEET.png NAME PICTURE.exr REFERENCE.exr [NAME PICTURE REFERENCE ...]
"""

import sys

import numpy as np
import OpenEXR
from PIL import Image, ImageDraw

THUMB_WIDTH, THUMB_HEIGHT, LABEL_HEIGHT, COLUMNS = 120, 90, 12, 3


def read(path):
    channels = OpenEXR.File(path, separate_channels=True).channels()
    return np.stack([np.asarray(channels[name].pixels, np.float32) for name in "RGB"], -1)


def to_screen(radiance):
    bounded = np.clip(radiance, 0, None)
    bounded = bounded / (1 + 0.35 * bounded)
    curve = np.where(bounded <= 0.0031308, 12.92 * bounded, 1.055 * np.maximum(bounded, 1e-9) ** (1 / 2.4) - 0.055)
    return (np.clip(curve, 0, 1) * 255 + 0.5).astype(np.uint8)


def relative_error(ours, theirs):
    floor = max(1e-2 * float(theirs.mean()), 1e-6)
    error = np.clip((np.abs(ours - theirs) / (np.abs(theirs) + floor)).mean(-1), 0, 1)
    ramp = np.stack([3 * error, 3 * error - 1, 3 * error - 2], -1)
    return (np.clip(ramp, 0, 1) * 255 + 0.5).astype(np.uint8)


def main(sheet, arguments):
    triples = [arguments[at : at + 3] for at in range(0, len(arguments), 3)]
    rows = -(-len(triples) // COLUMNS)
    gap = 6
    cell_width, cell_height = 3 * THUMB_WIDTH + gap, THUMB_HEIGHT + LABEL_HEIGHT
    page = Image.new("RGB", (COLUMNS * cell_width, max(rows, 1) * cell_height), (24, 24, 26))
    draw = ImageDraw.Draw(page)
    for place, (name, picture, reference) in enumerate(triples):
        x, y = place % COLUMNS * cell_width, place // COLUMNS * cell_height
        draw.text((x + 2, y), name, fill=(220, 220, 220))
        ours, theirs = read(picture), read(reference)
        for part, image in enumerate((to_screen(ours), to_screen(theirs), relative_error(ours, theirs))):
            thumb = Image.fromarray(image).resize((THUMB_WIDTH, THUMB_HEIGHT), Image.Resampling.BOX)
            page.paste(thumb, (x + part * THUMB_WIDTH, y + LABEL_HEIGHT))
    page.save(sheet, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
