# SPDX-License-Identifier: GPL-3.0-or-later
"""The growing picture: Tessera shows it by the protocol of the viewer tev, and this is who listens, on this computer only.

A packet is a little-endian u32 with its length (itself included), one byte for the operation, and the payload; texts end with a zero
byte (tev's Ipc.cpp; Tessera's side is frame/src/tev.rs). Nothing in here knows Blender.
"""

import array
import dataclasses
import queue
import socket
import struct
import sys
import threading

_CLOSE, _CREATE, _UPDATE = 2, 4, 6
_PACKET_BYTES_MAX = 64 << 20
_SIDE_PX_MAX = 16384
# What is still on its way when the sender has gone lies in this computer's memory.
_PATIENCE_S = 10.0


@dataclasses.dataclass
class Patch:
    """New pixels of a rectangle: `rgba` has four floats a pixel, rows from the top; x and y count from the upper left corner."""

    x: int
    y: int
    width: int
    height: int
    rgba: array.array


class Screen:
    """Listens on a free port of loopback; what comes waits in `patches`."""

    def __init__(self):
        self.patches = queue.SimpleQueue()
        self._is_read = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, name="tessera-screen", daemon=True).start()

    def close(self):
        """Takes nothing more."""
        self._socket.close()

    def drain(self):
        """All patches that came since the last time."""
        while True:
            try:
                yield self.patches.get_nowait()
            except queue.Empty:
                return

    def rest(self):
        """The patches that the sender left behind when it went away, once all are read. Does not wait for long."""
        self._is_read.wait(_PATIENCE_S)
        yield from self.drain()

    def _listen(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                self._is_read.clear()
                self._read(stream)
                self._is_read.set()

    def _read(self, stream):
        """Until the sender leaves or says what cannot be understood; the render goes on without being seen then."""
        try:
            while True:
                length = struct.unpack("<I", _exactly(stream, 4))[0]
                if not 4 < length <= _PACKET_BYTES_MAX:
                    return
                patch = read_packet(_exactly(stream, length - 4))
                if patch:
                    self.patches.put(patch)
        except (EOFError, OSError, ValueError, struct.error):
            return


def _exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def read_packet(body):
    """The patch of a packet's body (what follows its length), or None for a packet that has no pixels. Raises ValueError or struct.error."""
    if body[0] != _UPDATE:
        return None
    at = body.index(0, 2) + 1
    count = struct.unpack_from("<I", body, at)[0]
    at += 4
    channels = []
    if count > 64:
        raise ValueError("too many channels")
    for _ in range(count):
        end = body.index(0, at)
        channels.append(body[at:end])
        at = end + 1
    x, y, width, height = struct.unpack_from("<4I", body, at)
    if not (0 < width <= _SIDE_PX_MAX and 0 < height <= _SIDE_PX_MAX):
        raise ValueError("a size that cannot be")
    at += 16
    offsets = struct.unpack_from(f"<{count}Q", body, at)
    strides = struct.unpack_from(f"<{count}Q", body, at + 8 * count)
    values = array.array("f")
    values.frombytes(body[at + 16 * count :])
    if sys.byteorder == "big":
        values.byteswap()
    pixels = width * height
    rgba = array.array("f", bytes(16 * pixels))
    for place, channel in enumerate((b"R", b"G", b"B", b"A")):
        which = channels.index(channel)
        offset, stride = offsets[which], strides[which]
        if stride < 1 or offset + stride * (pixels - 1) >= len(values):
            raise ValueError("fewer values than pixels")
        rgba[place::4] = values[offset : offset + stride * (pixels - 1) + 1 : stride]
    return Patch(x, y, width, height, rgba)
