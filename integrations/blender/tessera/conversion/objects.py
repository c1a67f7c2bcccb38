# SPDX-License-Identifier: MIT OR Apache-2.0
"""Objects as they are when rendered, and the names of what no glTF file carries."""

# Modifiers that have a second number for rendering.
_LEVELS = {"SUBSURF", "MULTIRES"}
_NO_SURFACE = {"VOLUME": "a volume", "GREASEPENCIL": "a drawing", "GPENCIL": "a drawing", "CURVES": "hair", "POINTCLOUD": "a point cloud"}


def as_rendered(scene, view_layer):
    """What the exporter reads is what the viewport shows: so it shows what a render would."""
    seen = set(view_layer.objects)
    for thing in scene.objects:
        if thing not in seen:
            thing.hide_render = True
        for modifier in thing.modifiers:
            modifier.show_viewport = modifier.show_render
            if modifier.type in _LEVELS:
                modifier.levels = modifier.render_levels
        if thing.type in {"CURVE", "SURFACE", "FONT"}:
            thing.data.resolution_u = thing.data.render_resolution_u or thing.data.resolution_u


def left_out(scene, is_still):
    """Sentences about everything that is in the scene and will not be in the picture."""
    told = []
    for thing in scene.objects:
        if thing.hide_render:
            continue
        if thing.type in _NO_SURFACE:
            told.append(f'"{thing.name}" is {_NO_SURFACE[thing.type]} and is left out')
        if any(system.settings.type == "HAIR" and system.settings.render_type == "PATH" for system in thing.particle_systems):
            told.append(f'The hair of "{thing.name}" is left out; convert it to a mesh to have it')
        keys = getattr(thing.data, "shape_keys", None)
        if not is_still and keys and keys.animation_data and thing.modifiers:
            told.append(f'"{thing.name}" has modifiers, so its shape keys do not move')
    return told + ([] if is_still else _unmoved(scene))


def shutter(scene, first_frame):
    """For how many frames the shutter is open, 0 to 1, and sentences about what is otherwise in Blender."""
    if not scene.render.use_motion_blur:
        return 0.0, []
    if first_frame < 0:
        return 0.0, ["Motion blur is left out before frame 0"]
    told, frames = [], scene.render.motion_blur_shutter
    if getattr(scene.render, "motion_blur_position", "CENTER") != "CENTER":
        told.append("The shutter opens before the frame and closes after it; its position is left out")
    if frames > 1.0:
        told.append(f"The shutter is open for 1 frame, not for {frames:.3g}")
    return min(frames, 1.0), told


def _unmoved(scene):
    """What changes with time in Blender and stands still in glTF: values of lights, lenses and materials."""
    data = [thing.data for thing in scene.objects if thing.type in {"LIGHT", "CAMERA"}]
    materials = [slot.material for thing in scene.objects for slot in thing.material_slots if slot.material]
    trees = [material.node_tree for material in materials if material.node_tree]
    owner = {tree: material for material, tree in zip((m for m in materials if m.node_tree), trees)}
    moving = [each for each in dict.fromkeys([*data, *materials, *trees]) if each.animation_data and each.animation_data.action]
    names = dict.fromkeys(owner.get(each, each).name for each in moving)
    return [f'What changes in "{name}" with time is left out; it stays as in the first frame' for name in names]
