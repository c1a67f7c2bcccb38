"""What the OpenEXR project's own Python module reads in a picture, held against the bytes of an uncompressed twin, and its mattes.

    pip install OpenEXR numpy
    python tests/readers/openexr_layers.py PICTURE.exr [UNCOMPRESSED.exr]

The twin is the same render with --compression none; it is read here by hand, so that no decoder is trusted with judging itself.
"""

import json
import struct
import sys

import numpy
import OpenEXR


def by_hand(path):
    """Channels of an uncompressed scan-line file, from the file layout's description."""
    data = open(path, "rb").read()
    at, attributes = 8, {}
    while data[at]:
        name, kind, rest = data[at:].split(b"\0", 2)
        at += len(name) + len(kind) + 2
        (size,) = struct.unpack_from("<i", data, at)
        attributes[name.decode()], at = data[at + 4 : at + 4 + size], at + 4 + size
    assert attributes["compression"] == b"\0", "the twin is compressed"
    left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"])
    width, height = right - left + 1, bottom - top + 1
    kinds, listed = [], attributes["channels"]
    while listed[0]:
        name, rest = listed.split(b"\0", 1)
        kinds.append((name.decode(), ["<u4", "<f2", "<f4"][struct.unpack_from("<i", rest)[0]]))
        listed = rest[16:]
    line = numpy.dtype([("y", "<i4"), ("size", "<i4")] + [(name, kind, (width,)) for name, kind in kinds])
    lines = numpy.frombuffer(data, line, height, at + 1 + 8 * height)
    assert (lines["y"] == numpy.arange(top, bottom + 1)).all()
    return {name: lines[name] for name, _ in kinds}


def murmur3(data):
    """MurmurHash3_x86_32 with seed 0, from its definition."""
    mask, h = 0xFFFFFFFF, 0
    turn = lambda x, by: ((x << by) | (x >> (32 - by))) & mask
    mix = lambda k: turn(k * 0xCC9E2D51 & mask, 15) * 0x1B873593 & mask
    whole = len(data) // 4 * 4
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        h = (turn(h ^ mix(k), 13) * 5 + 0xE6546B64) & mask
    h ^= mix(int.from_bytes(data[whole:], "little")) ^ len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ h >> shift) * factor & mask
    return h ^ h >> 16


def matte_id(name):
    h = murmur3(name.encode())
    return h ^ (1 << 23 if h >> 23 & 255 in (0, 255) else 0)


def check_mattes(header, channels):
    alpha = channels["A"]
    for key in sorted(key for key in header if key.startswith("cryptomatte/") and key.endswith("/name")):
        name, kind = header[key], key[len("cryptomatte/") :].split("/")[0]
        assert kind == f"{matte_id(name):08x}"[:7], kind
        facts = [header[f"cryptomatte/{kind}/{fact}"] for fact in ("hash", "conversion")]
        assert facts == ["MurmurHash3_32", "uint32_to_float32"], facts
        layers = sorted({channel.split(".")[0] for channel in channels if channel.startswith(name)})
        pairs = [(f"{layer}.{x}", f"{layer}.{y}") for layer in layers for x, y in ("rg", "ba")]
        ids = numpy.stack([channels[pair[0]] for pair in pairs]).view("<u4")
        coverage = numpy.stack([channels[pair[1]] for pair in pairs])
        assert ids.dtype == "<u4" and coverage.dtype == "<f4"
        assert (numpy.diff(coverage, axis=0) <= 0).all(), "ranks descend"
        off = numpy.abs(coverage.sum(0).astype("<f2").astype("<f4") - alpha.astype("<f4"))
        manifest = json.loads(header[f"cryptomatte/{kind}/manifest"])
        seen = {}
        for thing, digits in manifest.items():
            assert int(digits, 16) == matte_id(thing), thing
            seen[thing] = float((coverage * (ids == int(digits, 16))).sum())
        unknown = set(ids[coverage > 0].tolist()) - {int(digits, 16) for digits in manifest.values()}
        assert not unknown, f"ids without a name: {unknown}"
        full = int((coverage[-1] > 0).sum())
        print(f"{name}: {len(pairs)} ranks, {len(manifest)} names, their mattes sum to alpha within {off.max():.5f}, {full} px use every rank")
        for thing, pixels in sorted(seen.items(), key=lambda pair: -pair[1])[:8]:
            print(f"    {pixels:10.2f} px  {thing}")


part = OpenEXR.File(sys.argv[1], separate_channels=True).parts[0]
channels = {name: channel.pixels for name, channel in part.channels.items()}
for name, pixels in channels.items():
    print(f"{name:22} {pixels.dtype}  {pixels.min():g} .. {pixels.max():g}")
if len(sys.argv) > 2:
    twin = by_hand(sys.argv[2])
    assert twin.keys() == channels.keys(), twin.keys() ^ channels.keys()
    for name, pixels in twin.items():
        assert pixels.dtype == channels[name].dtype, name
        assert pixels.tobytes() == numpy.ascontiguousarray(channels[name]).tobytes(), name
    print(f"all {len(twin)} channels have the bits of the uncompressed file, read by hand")
check_mattes(part.header, channels)
