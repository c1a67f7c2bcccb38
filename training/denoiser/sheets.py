"""Joins what `compare.py --sheets` drew into the contact sheets of docs/pictures: a row for each scene, each file below a size.

    python sheets.py SHEETS --columns 0,2,3,4 --error 2 --out sheet.jpg SCENE…

Columns are counted from the left: noisy is 0, then the methods in the order in which they were given, then the reference. `--error` is the column whose error
(four times enlarged about grey) stands at the end of the row.
"""

import argparse
import io
import os

from PIL import Image


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheets")
    parser.add_argument("scenes", nargs="+")
    parser.add_argument("--columns", default="0,2,3,4")
    parser.add_argument("--error", type=int, default=2)
    parser.add_argument("--count", type=int, default=5, help="columns that a sheet has")
    parser.add_argument("--out", required=True)
    parser.add_argument("--bytes", type=int, default=400_000)
    args = parser.parse_args()
    rows = [row(Image.open(os.path.join(args.sheets, f"{scene}.png")), args) for scene in args.scenes]
    whole = Image.new("RGB", (max(one.width for one in rows), sum(one.height for one in rows)), "white")
    top = 0
    for one in rows:
        whole.paste(one, (0, top))
        top += one.height
    for quality in range(92, 20, -4):
        packed = io.BytesIO()
        whole.save(packed, "JPEG", quality=quality, optimize=True)
        if packed.tell() <= args.bytes:
            break
    with open(args.out, "wb") as file:
        file.write(packed.getvalue())
    print(args.out, whole.size, f"quality {quality}, {packed.tell() // 1000} KB")


def row(sheet, args):
    width, height = sheet.width // args.count, sheet.height // 2
    cut = lambda column, line: sheet.crop((column * width, line * height, (column + 1) * width, (line + 1) * height))
    parts = [cut(int(column), 0) for column in args.columns.split(",")] + [cut(args.error, 1)]
    whole = Image.new("RGB", (len(parts) * width, height))
    for at, part in enumerate(parts):
        whole.paste(part, (at * width, 0))
    return whole


if __name__ == "__main__":
    main()
