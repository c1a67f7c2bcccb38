# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a finished picture one that Blender takes as its own: Tessera calls the view layer "ViewLayer", Blender reads what is called as its own.

Only names change. Channels are stored by the order of their names, which a common beginning does not touch, so that pixels stay where they
are and only the offsets to them move (OpenEXR file layout, single part, scan lines). Nothing in here knows Blender.
"""

import struct

WRITTEN = b"ViewLayer."
_LONG_NAMES = 0x400
_SHORT_NAME_BYTES = 31
# Blender 4.5 refuses shorter files: its OpenEXR reads so much at once, and its stream takes a short read for the end.
_FILE_BYTES_MIN = 8192


def for_blender(path, view_layer):
    """Rewrites the file at `path`. Raises ValueError when it is not such a file."""
    data = relabelled(path.read_bytes(), view_layer)
    # Chunks are found by their offsets, so that nobody reads what stands behind the last.
    path.write_bytes(data + bytes(max(_FILE_BYTES_MIN - len(data), 0)))


def relabelled(data, view_layer):
    """The file's bytes under the view layer's name."""
    name = view_layer.encode("utf-8") + b"."
    if data[:4] != b"\x76\x2f\x31\x01":
        raise ValueError("What was rendered is no OpenEXR file. Render it again.")
    version = struct.unpack_from("<I", data, 4)[0]
    at, header, longest = 8, b"", 0
    while data[at] != 0:
        attribute, at = _text(data, at)
        kind, at = _text(data, at)
        size = struct.unpack_from("<I", data, at)[0]
        value, at = data[at + 4 : at + 4 + size], at + 4 + size
        if kind == b"chlist":
            value, longest = _renamed(value, name)
        elif kind == b"string" and value.startswith(WRITTEN):
            value = name + value[len(WRITTEN) :]
        header += attribute + b"\0" + kind + b"\0" + struct.pack("<I", len(value)) + value
    version |= _LONG_NAMES if longest > _SHORT_NAME_BYTES else 0
    head = data[:4] + struct.pack("<I", version) + header + b"\0"
    table, moved = at + 1, len(head) - (at + 1)
    count = (struct.unpack_from("<Q", data, table)[0] - table) // 8
    offsets = struct.unpack_from(f"<{count}Q", data, table)
    return head + struct.pack(f"<{count}Q", *(offset + moved for offset in offsets)) + data[table + 8 * count :]


def _text(data, at):
    end = data.index(0, at)
    return data[at:end], end + 1


def _renamed(channels, name):
    """A channel list with the new beginning, and the bytes of its longest name."""
    renamed, at, longest = b"", 0, 0
    while channels[at] != 0:
        channel, at = _text(channels, at)
        if channel.startswith(WRITTEN):
            channel = name + channel[len(WRITTEN) :]
        longest = max(longest, len(channel))
        renamed += channel + b"\0" + channels[at : at + 16]
        at += 16
    return renamed + b"\0", longest
