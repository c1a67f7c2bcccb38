# SPDX-License-Identifier: MIT OR Apache-2.0
"""Materials: simple shaders become the Principled one that glTF knows, and what is left out is named."""

import bpy

_INPUT = "Base Color"

# For a shader: its inputs that go on (name here → name of Principled), and fixed values.
_AS_PRINCIPLED = {
    "BSDF_DIFFUSE": ({"Color": _INPUT, "Normal": "Normal"}, {"Roughness": 1.0, "Specular IOR Level": 0.0}),
    "BSDF_GLOSSY": ({"Color": _INPUT, "Roughness": "Roughness", "Normal": "Normal"}, {"Metallic": 1.0}),
    "BSDF_GLASS": ({"Color": _INPUT, "Roughness": "Roughness", "IOR": "IOR", "Normal": "Normal"}, {"Transmission Weight": 1.0}),
    "EMISSION": ({"Color": "Emission Color", "Strength": "Emission Strength"}, {_INPUT: (0.0, 0.0, 0.0, 1.0), "Specular IOR Level": 0.0}),
}

# Nodes that Blender's exporter understands somewhere in a material.
_PORTABLE = {
    "OUTPUT_MATERIAL", "BSDF_PRINCIPLED", "TEX_IMAGE", "UVMAP", "TEX_COORD", "MAPPING", "NORMAL_MAP", "VERTEX_COLOR", "ATTRIBUTE",
    "SEPARATE_COLOR", "SEPRGB", "COMBINE_COLOR", "COMBRGB", "VALUE", "RGB", "MATH", "MIX", "MIX_RGB", "REROUTE", "FRAME", "GROUP", "VALTORGB",
}  # fmt: skip


def made_portable(materials):
    """Changes materials in place; sentences about what their pictures will lack."""
    told = []
    for material in materials:
        if not material.users or not material.use_nodes or not material.node_tree:
            continue
        shader = _surface(material.node_tree)
        if shader is None:
            continue
        if shader.type in _AS_PRINCIPLED:
            shader = _as_principled(material.node_tree, shader)
        if shader.type != "BSDF_PRINCIPLED":
            told.append(f'"{material.name}" ends in {_name(shader)}, which is left out; use a Principled BSDF')
            continue
        transmission = shader.inputs["Transmission Weight"]
        if transmission.is_linked or transmission.default_value > 0.0:
            _made_solid(material.node_tree)
        strange = sorted({_name(node) for node in _behind(shader) if node.type not in _PORTABLE})
        if strange:
            told.append(f'"{material.name}" uses {", ".join(strange)}, which is left out; bake it to an image to have it')
    return told


def _name(node):
    return node.bl_label or node.type


def _surface(tree):
    """The shader of the output that counts, reroutes skipped."""
    output = tree.get_output_node("ALL") or tree.get_output_node("CYCLES")
    links = output.inputs["Surface"].links if output else ()
    while links:
        node = links[0].from_node
        if node.type != "REROUTE":
            return node
        links = node.inputs[0].links
    return None


def _as_principled(tree, shader):
    inputs, values = _AS_PRINCIPLED[shader.type]
    principled = tree.nodes.new("ShaderNodeBsdfPrincipled")
    for name, value in values.items():
        principled.inputs[name].default_value = value
    for old, new in inputs.items():
        source, target = shader.inputs[old], principled.inputs[new]
        if source.is_linked:
            tree.links.new(source.links[0].from_socket, target)
        elif hasattr(source, "default_value"):
            target.default_value = source.default_value
    for link in list(shader.outputs[0].links):
        tree.links.new(principled.outputs[0], link.to_socket)
    return principled


# The exporter looks for a group of this name in a material, and for this input of it.
_GLTF_GROUP, _THICKNESS = "glTF Material Output", "Thickness"


def _made_solid(tree):
    """What lets light through bounds a solid, as in Cycles. Without a thickness, glTF's is a sheet that does not bend it."""
    for node in tree.nodes:
        if node.type == "GROUP" and node.node_tree and node.node_tree.name.startswith(_GLTF_GROUP):
            return
    group = bpy.data.node_groups.get(_GLTF_GROUP)
    if group is None:
        group = bpy.data.node_groups.new(_GLTF_GROUP, "ShaderNodeTree")
    if _THICKNESS not in {item.name for item in group.interface.items_tree}:
        group.interface.new_socket(_THICKNESS, in_out="INPUT", socket_type="NodeSocketFloat")
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    # How much is of no account: a path tracer walks through the solid itself.
    node.inputs[_THICKNESS].default_value = 1.0


def _behind(node):
    """All nodes whose values reach this one."""
    found, waiting = set(), [node]
    while waiting:
        for link in (link for socket in waiting.pop().inputs for link in socket.links):
            if link.from_node not in found:
                found.add(link.from_node)
                waiting.append(link.from_node)
    return found
