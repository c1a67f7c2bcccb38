"""A room as a Blender file and in every format that Blender writes and Tessera opens: python room.py FOLDER"""

import os
import pathlib
import sys

import bpy

FOLDER = pathlib.Path(sys.argv[1])


def material(name, colour):
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    made.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1.0)
    return made


def at(name):
    return str(FOLDER / name)


bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
scene.world = bpy.data.worlds.new("world")
scene.world.use_nodes = True
# Radiance 1 in red, so that a picture tells whether the world came over.
background = scene.world.node_tree.nodes["Background"].inputs
background["Color"].default_value, background["Strength"].default_value = (0.5, 0.25, 0.125, 1.0), 2.0
for name, x in (("Other eye", 9.0), ("Eye", 0.0)):
    eye = bpy.data.objects.new(name, bpy.data.cameras.new("lens"))
    eye.location, eye.rotation_euler = (x, -6.0, 0.0), (1.5707963, 0.0, 0.0)
    scene.collection.objects.link(eye)
scene.camera = eye
bpy.ops.mesh.primitive_cube_add(size=1.5)
cube = bpy.context.object
cube.data.materials.append(material("matte", (0.8, 0.1, 0.05)))
lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "SPOT"))
lamp.data.energy, lamp.location = 100.0, (0.0, 0.0, 5.0)
# Blender's own exporter fails at such a light.
if hasattr(lamp.data, "use_temperature"):
    lamp.data.use_temperature, lamp.data.temperature = True, 3000.0
scene.collection.objects.link(lamp)
bpy.ops.wm.save_as_mainfile(filepath=at("room.blend"))
bpy.ops.export_scene.fbx(filepath=at("room.fbx"))
bpy.ops.wm.obj_export(filepath=at("room.obj"))
bpy.ops.wm.usd_export(filepath=at("room.usda"))
bpy.ops.wm.usd_export(filepath=at("room.usdc"))
bpy.ops.wm.usd_export(filepath=at("room.usdz"))
bpy.ops.wm.alembic_export(filepath=at("room.abc"), as_background_job=False)
bpy.ops.wm.ply_export(filepath=at("room.ply"))
bpy.ops.wm.stl_export(filepath=at("room.stl"))
scene.render.fps, scene.frame_start, scene.frame_end = 30, 1, 31
cube.keyframe_insert("location", frame=1)
cube.location.x = 2.0
cube.keyframe_insert("location", frame=31)
bpy.ops.wm.save_as_mainfile(filepath=at("moving.blend"))
sys.stdout.flush()
# A Blender that is a module was seen to hang when it tidies up.
os._exit(0)
