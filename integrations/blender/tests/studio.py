# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes to try the add-on on, and how alike two renderers' pictures of them are."""

import array
import math
import os
import pathlib
import sys
import tempfile

import bpy

import addon_utils  # isort: skip, for it comes with bpy

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))
TESSERA = os.environ["TESSERA"]
TESSERA = str(pathlib.Path(TESSERA).resolve())
BRIEF = bool(os.environ.get("TESSERA_BRIEF"))
PICTURES = os.environ.get("TESSERA_PICTURES", "")
WIDTH, HEIGHT = 96, 72
# Cells in which two renderers' pictures are compared: small enough for shadows, large enough for their noise to be gone.
CELL = 12


def fresh():
    """An empty scene with the add-on and a black world."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    for name in ("tessera", "cycles", "io_scene_gltf2"):
        addon_utils.enable(name, default_set=True)
    bpy.context.preferences.addons["tessera"].preferences.program = TESSERA
    scene = bpy.context.scene
    scene.render.engine = "TESSERA"
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    background(scene).inputs["Color"].default_value = (0.0, 0.0, 0.0, 1.0)
    scene.tessera.samples = 4
    return scene


def background(scene):
    return scene.world.node_tree.nodes["Background"]


def place(scene, name, data, at=(0.0, 0.0, 0.0), turned_deg=(0.0, 0.0, 0.0)):
    thing = bpy.data.objects.new(name, data)
    thing.location, thing.rotation_euler = at, [math.radians(angle) for angle in turned_deg]
    scene.collection.objects.link(thing)
    return thing


def camera(scene, at=(0.0, -7.0, 3.2), turned_deg=(70.0, 0.0, 0.0)):
    scene.camera = place(scene, "eye", bpy.data.cameras.new("eye"), at, turned_deg)
    return scene.camera


def material(name, **inputs):
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    for label, value in inputs.items():
        made.node_tree.nodes["Principled BSDF"].inputs[label.replace("_", " ")].default_value = value
    return made


def still_life(scene):
    bpy.ops.mesh.primitive_plane_add(size=20)
    bpy.context.object.data.materials.append(material("floor", Base_Color=(0.6, 0.6, 0.6, 1.0), Roughness=0.9))
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1, location=(-1.2, 0, 1))
    bpy.ops.object.shade_smooth()
    bpy.context.object.data.materials.append(material("ball", Base_Color=(0.8, 0.1, 0.05, 1.0), Roughness=0.4))
    bpy.ops.mesh.primitive_cube_add(size=1.6, location=(1.3, 0.3, 0.8), rotation=(0, 0, 0.5))
    bpy.context.object.data.materials.append(material("box", Base_Color=(0.2, 0.4, 0.7, 1.0), Roughness=0.6))
    camera(scene)


def lamp(scene, kind, watts, **settings):
    light = bpy.data.lights.new("lamp", kind)
    light.energy = watts
    for name, value in settings.items():
        setattr(light, name, value)
    return place(scene, "lamp", light, (-2.0, -2.5, 4.5), (35.0, -22.0, 0.0))


def render(scene, engine="TESSERA", name=""):
    """Linear values of a render, four a pixel, rows from below."""
    scene.render.engine = engine
    image = scene.render.image_settings
    image.file_format, image.color_depth = "OPEN_EXR", "32"
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = f"{folder}/picture.exr"
        bpy.ops.render.render(write_still=True)
        if PICTURES and name:
            image.file_format = "PNG"
            bpy.data.images["Render Result"].save_render(f"{PICTURES}/{name}-{engine.lower()}.png")
        loaded = bpy.data.images.load(scene.render.filepath)
        pixels = array.array("f", bytes(4 * len(loaded.pixels)))
        loaded.pixels.foreach_get(pixels)
        bpy.data.images.remove(loaded)
    return pixels


def with_cycles(scene, name):
    """The same scene by both: Tessera without its denoiser, Cycles without what it leaves out to save time."""
    scene.tessera.samples, scene.tessera.denoise, scene.tessera.clamp_indirect = 128, "off", 0.0
    cycles = scene.cycles
    cycles.samples, cycles.use_denoising, cycles.use_adaptive_sampling = 128, False, False
    cycles.sample_clamp_indirect, cycles.blur_glossy = 0.0, 0.0
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = 8
    return render(scene, "TESSERA", name), render(scene, "CYCLES", name)


def cells(pixels):
    """Mean of each colour in each cell."""
    means = []
    for top in range(0, HEIGHT, CELL):
        for left in range(0, WIDTH, CELL):
            rows = [4 * (row * WIDTH + left) for row in range(top, top + CELL)]
            means += [sum(sum(pixels[row + colour : row + 4 * CELL : 4]) for row in rows) / CELL**2 for colour in range(3)]
    return means


def differences(ours, theirs):
    """Of each cell, relative to Cycles; darkness counts as 0.02. Sorted."""
    return sorted(abs(a - b) / (b + 0.02) for a, b in zip(cells(ours), cells(theirs)))
