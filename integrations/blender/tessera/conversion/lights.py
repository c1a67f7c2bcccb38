# SPDX-License-Identifier: MIT OR Apache-2.0
"""Lights: glTF has points, spots and suns. Points and areas with an extent become shining surfaces that Tessera does not show to the camera;
spots and suns get a note that Tessera reads, and keep their soft shadows by it.

A Blender light of P watts that is an area sends out the radiance P / (π · area); one that is a sphere has the radiant intensity P / 4π, and
a convex body's mean projected area is a quarter of its surface, so that it, too, has the radiance P / (π · surface).
"""

import math

import bmesh
import bpy

# What Tessera reads in a material's extras: it shines and is nothing else.
LAMP = "tessera_lamp"
# And in a light's: the radius of what shines, and the angle under which a sun is seen.
RADIUS = "tessera_radius"
ANGLE = "tessera_angle"
_DISC_SIDES = 64


def made_portable(scene):
    """Changes lights in place; sentences about what they will lack."""
    told = []
    for thing in [thing for thing in scene.objects if thing.type == "LIGHT"]:
        light = thing.data = thing.data.copy()
        if light.use_nodes and _has_strange_nodes(light):
            told.append(f'The nodes of the light "{thing.name}" are left out; its power and colour stay')
        light.use_nodes = False
        if getattr(light, "use_temperature", False):
            light.color = [a * b for a, b in zip(light.color, light.temperature_color)]
            # Blender 4.5's exporter would multiply once more, and fails at it.
            light.use_temperature = False
        if light.type == "AREA" or light.type == "POINT" and light.shadow_soft_size > 0.0:
            if light.type == "AREA" and light.spread < math.pi - 1e-3:
                told.append(f'The spread of the light "{thing.name}" is left out; it shines all around its front')
            _as_surface(thing, light)
        elif light.type == "SPOT":
            light.spot_blend = _same_flux_blend(light.spot_size / 2.0, light.spot_blend)
            light[RADIUS] = light.shadow_soft_size
        elif light.type == "SUN":
            light[ANGLE] = min(light.angle, math.pi)
    return told


def _has_strange_nodes(light):
    return any(node.type not in {"OUTPUT_LIGHT", "EMISSION"} for node in light.node_tree.nodes)


def _same_flux_blend(half_angle, blend):
    """The blend from which Blender's exporter makes an inner cone that dims as much light as Blender does.

    Blender dims by a smooth step in the angle's cosine over a part `blend` of the cone: one half of the light there is lost. glTF's renderers
    dim by a square: two thirds are lost, so three quarters of the width take away as much. The exporter's inner angle is (1 - blend) of the outer.
    """
    edge = math.cos(half_angle)
    return 1.0 - math.acos(min(edge + 0.75 * (1.0 - edge) * blend, 1.0)) / half_angle


def _as_surface(thing, light):
    mesh = bpy.data.meshes.new(f"{thing.name} shines")
    shape = bmesh.new()
    # A sphere's radius is in metres whatever the object's scale; an area is scaled with its object.
    scale = thing.matrix_world.to_scale()
    if light.type == "POINT":
        bmesh.ops.create_icosphere(shape, subdivisions=3, radius=light.shadow_soft_size)
        shape.transform(_unscaled(scale))
    else:
        _area(shape, light)
    shape.to_mesh(mesh)
    shape.transform(_scaled(scale))
    surface_m2 = sum(face.calc_area() for face in shape.faces)
    shape.free()
    mesh.materials.append(_shining(thing.name, light, surface_m2))
    body = bpy.data.objects.new(mesh.name, mesh)
    for collection in thing.users_collection:
        collection.objects.link(body)
    body.parent = thing
    body.hide_render = thing.hide_render
    light.energy = 0.0


def _unscaled(scale):
    return _scaled([1.0 / axis if axis else 0.0 for axis in scale])


def _scaled(scale):
    from mathutils import Matrix

    return Matrix.Diagonal((*scale, 1.0))


def _area(shape, light):
    """A face that looks along -z, as area lights do."""
    width = light.size
    height = light.size_y if light.shape in {"RECTANGLE", "ELLIPSE"} else light.size
    if light.shape in {"SQUARE", "RECTANGLE"}:
        corners = [(-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5)]
    else:
        turns = [-2.0 * math.pi * side / _DISC_SIDES for side in range(_DISC_SIDES)]
        corners = [(0.5 * math.cos(turn), 0.5 * math.sin(turn)) for turn in turns]
    shape.faces.new([shape.verts.new((x * width, y * height, 0.0)) for x, y in corners])


def _shining(name, light, surface_m2):
    power = light.energy * 2.0 ** getattr(light, "exposure", 0.0)
    per_m2 = power / (math.pi * surface_m2) if getattr(light, "normalize", True) else power / math.pi
    material = bpy.data.materials.new(f"{name} shines")
    material.use_nodes = True
    # Both: glTF's front is the winding, and it shines from there alone.
    material.use_backface_culling = True
    principled = material.node_tree.nodes["Principled BSDF"]
    principled.inputs["Base Color"].default_value = (0.0, 0.0, 0.0, 1.0)
    principled.inputs["Specular IOR Level"].default_value = 0.0
    principled.inputs["Emission Color"].default_value = (*light.color, 1.0)
    principled.inputs["Emission Strength"].default_value = per_m2
    material[LAMP] = True
    return material
