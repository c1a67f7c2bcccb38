# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a glTF scene of a Blender scene. Runs in a Blender of its own, without a window, because it changes what it is given:

    blender --background --factory-startup --python convert.py -- WISH.json

The wish names files (`blend`, `glb`, `told`), the scene, its view layer and camera, and frames: one, or first and last of an animation.
While a shutter is open things move, so there one frame is an animation too.
What Tessera needs beside the glb, and what it will not show, is written to `told` as JSON.
"""

import pathlib
import sys

import bpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from conversion import camera as eye  # noqa: E402
from conversion import errand, export, lights, materials, objects, world  # noqa: E402

CAMERA = "Tessera's camera"


def convert(wish):
    """Does what the wish says; returns what is told."""
    scene = _open(wish)
    first, last = wish["first_frame"], wish["last_frame"]
    warnings = []
    objects.as_rendered(scene, scene.view_layers[wish["view_layer"]])
    scene.frame_set(first)
    camera = _only_camera(scene, wish["camera"])
    warnings += objects.left_out(scene, first == last)
    warnings += eye.made_portable(scene, camera, first == last)
    shutter, otherwise = objects.shutter(scene, first)
    warnings += otherwise
    warnings += materials.made_portable(bpy.data.materials)
    warnings += lights.made_portable(scene)
    env = world.as_environment(scene, pathlib.Path(wish["glb"]).with_suffix(".exr"))
    # The shutter is open before the first frame and after the last one.
    around = 1 if shutter > 0 else 0
    scene.frame_start, scene.frame_end = max(first - around, 0), last + around
    export.to_glb(wish["glb"], first == last and not around)
    return {"camera": CAMERA, "env": env, "shutter": shutter, "warnings": warnings}


def _open(wish):
    bpy.ops.wm.open_mainfile(filepath=wish["blend"], load_ui=False, use_scripts=False)
    scene = bpy.data.scenes[wish["scene"]]
    window = bpy.context.window
    if window:
        window.scene = scene
        window.view_layer = scene.view_layers[wish["view_layer"]]
    for other in [other for other in bpy.data.scenes if other != scene]:
        bpy.data.scenes.remove(other)
    return scene


def _only_camera(scene, name):
    """The camera, under a name that is Tessera's to ask for."""
    camera = bpy.data.objects[name]
    camera.data = camera.data.copy()
    camera.data.name = CAMERA
    scene.camera = camera
    return camera


if __name__ == "__main__":
    errand.run(convert)
