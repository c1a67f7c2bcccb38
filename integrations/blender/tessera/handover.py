# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands a scene to a second Blender, which makes a glTF file of it (`convert.py`).

A second one, because Blender's exporter changes what it exports, wants the window's own thread, and a render runs in another.
"""

import dataclasses
import json
import pathlib
import subprocess
import sys
import time

import bpy

from . import run


class Cannot(Exception):
    """The scene could not be converted; the text is for people."""


@dataclasses.dataclass(frozen=True)
class Converted:
    """A scene as Tessera takes it. `env` is what `conversion/world.py` says, `shutter` for how many frames it is open."""

    glb: pathlib.Path
    camera: str
    env: dict
    shutter: float
    warnings: list


def pack(data, scene, view_layer, camera, first, last, folder):
    """Writes the scene and what is wished of it into `folder`; the wish's file. Quick, and for the thread that may read the scene."""
    blend, wish = folder / "scene.blend", folder / "wish.json"
    data.libraries.write(str(blend), {scene}, path_remap="ABSOLUTE", fake_user=True)
    words = {
        "blend": str(blend),
        "glb": str(folder / "scene.glb"),
        "told": str(folder / "told.json"),
        "scene": scene.name,
        "view_layer": view_layer,
        "camera": camera.name,
        "first_frame": first,
        "last_frame": last,
    }
    wish.write_text(json.dumps(words), "utf-8")
    return wish


class Conversion:
    """The second Blender at work on a wish."""

    def __init__(self, wish):
        self._wish = json.loads(wish.read_text("utf-8"))
        script = pathlib.Path(__file__).with_name("convert.py")
        # Without a program of its own, Blender is a module of the running Python.
        blender = [bpy.app.binary_path, "--background", "--factory-startup", "--python-exit-code", "1", "--python"]
        words = blender if bpy.app.binary_path else [sys.executable]
        self._log = open(wish.with_suffix(".log"), "w+b")
        self._child = subprocess.Popen(
            [*words, str(script), "--", str(wish)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            creationflags=run.QUIETLY,
        )

    def is_over(self):
        """Whether it has ended."""
        return self._child.poll() is not None

    def stop(self):
        """Ends it; what it was making is thrown away."""
        self._child.kill()
        self._child.wait()
        self._log.close()

    def result(self):
        """What it made, once it is over. Raises Cannot."""
        self._child.wait()
        self._log.seek(0)
        lines = [line for line in self._log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        self._log.close()
        told = pathlib.Path(self._wish["told"])
        if self._child.returncode != 0 or not told.is_file():
            raise Cannot(f"The scene could not be converted to glTF: {lines[-1].strip() if lines else 'Blender said nothing'}")
        said = json.loads(told.read_text("utf-8"))
        return Converted(pathlib.Path(self._wish["glb"]), said["camera"], said["env"], said["shutter"], said["warnings"])


def wait(conversion, is_stopped):
    """Until it is over: the result, or None when `is_stopped` said so. Raises Cannot."""
    while not conversion.is_over():
        if is_stopped():
            conversion.stop()
            return None
        time.sleep(0.1)
    return conversion.result()
