# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes a glTF scene of a whole file: Blender's own, or of a format that Blender reads. Runs in a Blender without a window:

    blender --background --factory-startup --disable-autoexec --python whole.py -- WISH.json

The wish names files: `source`, `glb` and `told`. What Tessera needs beside the glb, and what it will not show, is written to `told` as JSON.
`conversion/` is the Blender add-on's.
"""

import pathlib
import sys

import bpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from conversion import camera as eye  # noqa: E402
from conversion import errand, export, lights, materials, objects, world  # noqa: E402

OLDEST = (4, 2, 0)
_USD = ("wm", "usd_import", {})
# For an ending the operator that reads such files, and what else it is told.
READERS = {
    ".fbx": ("import_scene", "fbx", {}),
    ".obj": ("wm", "obj_import", {}),
    ".usd": _USD,
    ".usda": _USD,
    ".usdc": _USD,
    ".usdz": _USD,
    ".abc": ("wm", "alembic_import", {"as_background_job": False}),
    ".ply": ("wm", "ply_import", {}),
    ".stl": ("wm", "stl_import", {}),
}


def convert(wish):
    """Does what the wish says; returns what is told."""
    if bpy.app.version < OLDEST:
        raise RuntimeError(f"Blender {bpy.app.version_string} is too old; 4.2 or newer is needed")
    source = pathlib.Path(wish["source"])
    scene = _opened(source) if source.suffix.lower() == ".blend" else _read(source)
    used = _used(source)
    is_still = not _moves()
    first, last = (scene.frame_current,) * 2 if is_still else (max(scene.frame_start, 0), scene.frame_end)
    objects.as_rendered(scene, scene.view_layers[0])
    scene.frame_set(first)
    warnings = objects.left_out(scene, is_still)
    cameras = _named_cameras(scene)
    for camera in cameras:
        warnings += eye.made_portable(scene, camera, is_still)
    shutter, otherwise = objects.shutter(scene, first)
    warnings += otherwise
    warnings += materials.made_portable(bpy.data.materials)
    warnings += lights.made_portable(scene)
    env = world.as_environment(scene, pathlib.Path(wish["glb"]).with_suffix(".exr")) if scene.world else None
    # The shutter is open before the first frame and after the last one.
    around = 1 if shutter > 0 else 0
    scene.frame_start, scene.frame_end = max(first - around, 0), last + around
    export.to_glb(wish["glb"], is_still)
    return {
        "camera": (scene.camera if scene.camera in cameras else cameras[0]).data.name if cameras else None,
        "env": env if env and env["file"] != "none" else None,
        "shutter": shutter,
        "fps": scene.render.fps / scene.render.fps_base if not is_still else None,
        "warnings": warnings,
        "used": used,
    }


def _opened(source):
    bpy.ops.wm.open_mainfile(filepath=str(source), load_ui=False, use_scripts=False)
    scene = bpy.context.scene
    for other in [other for other in bpy.data.scenes if other != scene]:
        bpy.data.scenes.remove(other)
    return scene


def _read(source):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    kind = source.suffix.lower()
    if kind not in READERS:
        raise ValueError(f"Blender does not read {kind} files")
    group, name, words = READERS[kind]
    group = getattr(bpy.ops, group)
    if name not in dir(group):
        raise ValueError(f"This Blender was built without reading {kind} files")
    getattr(group, name)(filepath=str(source), **words)
    scene = bpy.context.scene
    if not any(thing.type in {"MESH", "CURVE", "SURFACE", "FONT", "META"} for thing in scene.objects):
        raise ValueError("There is nothing in it that can be seen")
    return scene


def _moves():
    """Whether anything may change from frame to frame."""
    return bool(bpy.data.actions or bpy.data.cache_files) or any(
        thing.animation_data and (thing.animation_data.drivers or thing.animation_data.nla_tracks) for thing in bpy.data.objects
    )


def _named_cameras(scene):
    """All cameras, each called like its object, which is the name that people see."""
    cameras = [thing for thing in scene.objects if thing.type == "CAMERA" and not thing.hide_render]
    for camera in cameras:
        if camera.data.users > 1:
            camera.data = camera.data.copy()
        camera.data.name = camera.name
    return cameras


def _used(source):
    """Other files that are part of it."""
    files = {pathlib.Path(path).resolve() for path in bpy.utils.blend_paths(absolute=True, packed=False, local=False)}
    if source.suffix.lower() == ".obj":
        files.add(source.with_suffix(".mtl"))
    blenders = pathlib.Path(bpy.utils.resource_path("LOCAL")).resolve()
    return sorted(str(file) for file in files if file.is_file() and file != source and blenders not in file.parents)


if __name__ == "__main__":
    errand.run(convert)
