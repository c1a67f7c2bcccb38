# SPDX-License-Identifier: MIT OR Apache-2.0
"""Blender's own exporter, as Tessera wants it."""

import bpy


def to_glb(path, is_still):
    """Blender's exporter: watts as they are, modifiers applied; a still has no bones and keys left, an animation has them."""
    bpy.ops.export_scene.gltf(
        filepath=path,
        export_format="GLB",
        export_import_convert_lighting_mode="COMPAT",
        export_cameras=True,
        export_lights=True,
        export_extras=True,
        export_apply=True,
        export_gn_mesh=True,
        export_tangents=False,
        export_image_format="AUTO",
        use_renderable=True,
        use_active_scene=True,
        export_skins=not is_still,
        export_morph=not is_still,
        export_current_frame=is_still,
        export_animations=not is_still,
        export_animation_mode="SCENE",
        export_frame_range=True,
        export_force_sampling=True,
        export_optimize_animation_size=False,
    )
