"""What Blender reads in a picture of either --exr-layout: its passes, their values, a matte by name, and the name of what is picked.

    pip install bpy==4.5.3 OpenEXR numpy      (Python 3.11; also run with bpy 5.0.1)
    python tests/readers/blender_layers.py PICTURE.exr OBJECT_NAME

Blender's image node hands each pass to a file of 32-bit floats, which is read back and compared with the picture's own channels.
A pick is what its eyedropper does: the matte node is given a pixel's id and looks up the name. Ends with 1 when anything differs.
"""

import json
import pathlib
import sys
import tempfile

import bpy
import numpy
import OpenEXR

# What each layer is called in Blender, in the layout "blender"; all but Denoised and Variance are names of its own passes.
PASSES = {
    "Combined": "Combined.R",
    "Alpha": "Combined.A",
    "Noisy Image": "Noisy Image.R",
    "Denoising Albedo": "Denoising Albedo.R",
    "Denoising Normal": "Denoising Normal.X",
    "Depth": "Depth.Z",
    "Position": "Position.X",
    "Vector": "Vector.X",
    "IndexOB": "IndexOB.X",
    "IndexMA": "IndexMA.X",
    "Debug Sample Count": "Debug Sample Count.X",
    "Denoised": "Denoised.R",
    "Variance": "Variance.X",
    **{f"Crypto{kind}{rank:02}": f"Crypto{kind}{rank:02}.r" for kind in ("Object", "Material") for rank in range(4)},
}
faults = []


def check(holds, what):
    if not holds:
        faults.append(what)
        print(f"DIFFERS: {what}")


def channels_of(path):
    parts = OpenEXR.File(str(path), separate_channels=True).parts
    return {name: channel.pixels.astype("<f4") for part in parts for name, channel in part.channels.items()}


def compositor(scene):
    """The scene's empty node tree; Blender 5 keeps it elsewhere than Blender 4."""
    if hasattr(scene, "compositing_node_group"):
        scene.compositing_node_group = bpy.data.node_groups.new("layers", "CompositorNodeTree")
        return scene.compositing_node_group
    scene.use_nodes = True
    scene.node_tree.nodes.clear()
    return scene.node_tree


def file_output(tree, folder, sockets):
    """A node that writes `sockets` as one file of 32-bit floats."""
    kinds = {"RGBA": "RGBA", "VECTOR": "VECTOR", "VALUE": "FLOAT"}
    out = tree.nodes.new("CompositorNodeOutputFile")
    if hasattr(out, "file_output_items"):
        out.directory, out.file_name = folder, "seen"
        out.format.media_type = "MULTI_LAYER_IMAGE"
    else:
        out.base_path = f"{folder}/seen"
    out.format.file_format, out.format.color_depth, out.format.exr_codec = "OPEN_EXR_MULTILAYER", "32", "ZIP"
    if not hasattr(out, "file_output_items"):
        out.layer_slots.clear()
    for socket in sockets:
        if hasattr(out, "file_output_items"):
            out.file_output_items.new(kinds[socket.type], socket.name)
        else:
            out.layer_slots.new(socket.name)
        tree.links.new(socket, out.inputs[socket.name])


picture, wanted = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
raw = channels_of(picture)
prefix = "ViewLayer." if "ViewLayer.Combined.R" in raw else ""
# By pass and channel; at the root of a file stands what Blender calls Combined.
ours = {name[len(prefix) :] if "." in name else f"Combined.{name}": values for name, values in raw.items()}
ids = {name: numpy.ascontiguousarray(values).view("<u4") for name, values in ours.items() if name.startswith("Crypto")}
height, width = ours["Combined.R"].shape

scene = bpy.context.scene
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
scene.render.use_compositing, scene.render.compositor_device, scene.render.compositor_precision = True, "CPU", "FULL"
tree = compositor(scene)
image = bpy.data.images.load(str(picture))
source = tree.nodes.new("CompositorNodeImage")
source.image = image
passes = [socket for socket in source.outputs if socket.enabled]
names = [socket.name for socket in passes]
print(f"Blender {bpy.app.version_string} opens it as {image.type}, {len(passes)} passes:", ", ".join(names))
if prefix:
    expected = {name for name, channel in PASSES.items() if channel in ours}
    check(set(names) == expected, f"passes, by {sorted(set(names) ^ expected)}")


def matte_node():
    node = tree.nodes.new("CompositorNodeCryptomatteV2")
    node.source, node.image, node.layer_name = "IMAGE", image, f"{prefix}CryptoObject"
    return node


matte = matte_node()
matte.matte_id = wanted
folder = tempfile.mkdtemp()
file_output(tree, folder, [*passes, matte.outputs["Matte"]])
bpy.ops.render.render()

seen = channels_of(next(pathlib.Path(folder).glob("*.exr")))
same, unlike = [], []
for name, values in seen.items():
    layer, suffix = name.split(".")
    # A pass of one channel comes out as V, whatever it was called.
    alone = [own for own in ours if own.split(".")[0] == layer] if suffix == "V" else []
    own = alone[0] if len(alone) == 1 else "Combined.A" if layer == "Alpha" else name
    if own in ours:
        (same if ours[own].tobytes() == values.tobytes() else unlike).append(name)
print(f"{len(same)} channels have our bits")
print(f"not compared: {', '.join(sorted(seen.keys() - set(same) - set(unlike))) or 'none'}")
check(not unlike, f"channels unlike ours: {', '.join(unlike)}")

header = OpenEXR.File(str(picture), header_only=True).header()
manifest = json.loads(next(text for key, text in header.items() if key.endswith("/manifest") and wanted in text))
expected = numpy.zeros_like(seen["Matte.V"])
for layer in (f"CryptoObject{at:02}" for at in range(4)):
    for name, cover in ("rg", "ba"):
        expected += ours[f"{layer}.{cover}"] * (ids[f"{layer}.{name}"] == int(manifest[wanted], 16))
off = abs(seen["Matte.V"] - expected).max()
print(f"matte of {wanted}: Blender {seen['Matte.V'].sum():.3f} px, by the file's ids {expected.sum():.3f} px, at most {off:g} apart")
check(off <= 1e-6 and expected.max() > 0, f"the matte of {wanted}")

first = ids["CryptoObject00.r"]
picked = 0
for name, digits in manifest.items():
    where = numpy.argwhere((first == int(digits, 16)) & (ours["CryptoObject00.g"] > 0))
    if len(where):
        node = matte_node()
        node.add = (float(ours["CryptoObject00.r"][tuple(where[0])]), 0, 0)
        # Names with a comma or a quote come escaped.
        check(node.matte_id.replace("\\", "") == name, f"picking {name} gives {node.matte_id}")
        picked += node.matte_id.replace("\\", "") == name
print(f"picked: {picked} objects are called as the manifest calls them")
sys.exit(bool(faults))
