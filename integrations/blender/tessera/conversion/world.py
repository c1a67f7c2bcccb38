# SPDX-License-Identifier: MIT OR Apache-2.0
"""The world as a picture of all directions, as `tessera --env` takes it: Blender's own layout of such pictures is the same."""

import math
import pathlib

import bpy

_SKY_WIDTH_PX = 2048
_SKY_SAMPLES = 16


def as_environment(scene, path):
    """What to tell Tessera: `file` ("none" for black), `strength`, `rotate_deg`. A picture that has to be made is written to `path`."""
    black = {"file": "none", "strength": 1.0, "rotate_deg": 0.0}
    world = scene.world
    if world is None:
        return black
    if not world.use_nodes or not world.node_tree:
        return _one_colour(world.color, 1.0, path) if any(world.color) else black
    background = _background(world.node_tree)
    if background is None:
        return _rendered(scene, path)
    colour, strength = background.inputs["Color"], background.inputs["Strength"]
    if strength.is_linked:
        return _rendered(scene, path)
    if not colour.is_linked:
        level = strength.default_value
        return _one_colour(colour.default_value, level, path) if level > 0.0 and any(colour.default_value[:3]) else black
    return _picture(colour.links[0].from_node, strength.default_value) or _rendered(scene, path)


def _background(tree):
    output = tree.get_output_node("ALL") or tree.get_output_node("CYCLES")
    links = output.inputs["Surface"].links if output else ()
    return links[0].from_node if links and links[0].from_node.type == "BACKGROUND" else None


def _one_colour(colour, strength, path):
    image = bpy.data.images.new("one colour", 4, 2, float_buffer=True)
    # Else what is written would be encoded for a screen.
    image.colorspace_settings.name = "Non-Color"
    image.pixels = [*colour[:3], 1.0] * 8
    image.file_format, image.filepath_raw = "OPEN_EXR", str(path)
    image.save()
    return {"file": str(path), "strength": strength, "rotate_deg": 0.0}


def _picture(node, strength):
    """An environment picture on disk that is turned about the vertical or not at all, or None."""
    if node.type != "TEX_ENVIRONMENT" or node.projection != "EQUIRECTANGULAR" or not node.image or node.image.packed_file:
        return None
    file = pathlib.Path(bpy.path.abspath(node.image.filepath, library=node.image.library))
    if file.suffix.lower() not in {".hdr", ".exr"} or not file.is_file():
        return None
    turn = _turn(node.inputs["Vector"])
    return None if turn is None else {"file": str(file), "strength": strength, "rotate_deg": math.degrees(turn)}


def _turn(vector):
    """By how much the environment is turned about the vertical axis, radians, or None when it is more than that."""
    if not vector.is_linked:
        return 0.0
    mapping = vector.links[0].from_node
    if mapping.type == "TEX_COORD":
        return 0.0 if vector.links[0].from_socket.name == "Generated" else None
    if mapping.type != "MAPPING" or mapping.vector_type not in {"POINT", "TEXTURE"}:
        return None
    source = mapping.inputs["Vector"].links
    if not source or source[0].from_node.type != "TEX_COORD" or source[0].from_socket.name != "Generated":
        return None
    if any(mapping.inputs[name].is_linked for name in ("Location", "Rotation", "Scale")):
        return None
    x, y, z = mapping.inputs["Rotation"].default_value
    is_plain = not any(mapping.inputs["Location"].default_value) and all(axis == 1.0 for axis in mapping.inputs["Scale"].default_value)
    if x or y or not is_plain:
        return None
    # A point mapping turns what is looked up, so that the picture turns the other way.
    return -z if mapping.vector_type == "POINT" else z


def _rendered(scene, path):
    """Any other world (skies, gradients, mixtures), as Cycles sees it from one point."""
    sky = bpy.data.scenes.new("sky")
    sky.world = scene.world
    camera = bpy.data.objects.new("sky", bpy.data.cameras.new("sky"))
    sky.collection.objects.link(camera)
    sky.camera = camera
    # Looks along +x with z up, which is the middle of such a picture.
    camera.rotation_euler = (math.pi / 2.0, 0.0, -math.pi / 2.0)
    camera.data.type = "PANO"
    for lens in (camera.data, getattr(camera.data, "cycles", None)):
        if hasattr(lens, "panorama_type"):
            lens.panorama_type = "EQUIRECTANGULAR"
    render = sky.render
    render.engine = "CYCLES"
    sky.cycles.device, sky.cycles.samples, sky.cycles.use_denoising = "CPU", _SKY_SAMPLES, False
    render.resolution_x, render.resolution_y, render.resolution_percentage = _SKY_WIDTH_PX, _SKY_WIDTH_PX // 2, 100
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    render.use_file_extension, render.filepath = False, str(path)
    bpy.ops.render.render(write_still=True, scene=sky.name)
    bpy.data.scenes.remove(sky)
    return {"file": str(path), "strength": 1.0, "rotate_deg": 0.0}
