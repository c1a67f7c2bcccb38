"""What Blender's compositor reads in a picture of either --exr-layout: every pass with its values, and a matte by name.

    pip install bpy==5.0.1 OpenEXR numpy      (Python 3.11)
    python tests/readers/blender_layers.py PICTURE.exr OBJECT_NAME

Blender's image node hands each pass to a file of 32-bit floats, which is read back and compared with the picture's own channels.
"""

import json
import pathlib
import sys
import tempfile

import bpy
import numpy
import OpenEXR


def channels_of(path):
    parts = OpenEXR.File(str(path), separate_channels=True).parts
    return {name: channel.pixels.astype("<f4") for part in parts for name, channel in part.channels.items()}


picture, wanted = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
raw = channels_of(picture)
prefix = "ViewLayer." if "ViewLayer.Combined.R" in raw else ""
# By pass and channel; at the root of a file stands what Blender calls Combined.
ours = {name[len(prefix) :] if "." in name else f"Combined.{name}": values for name, values in raw.items()}
height, width = ours["Combined.R"].shape

scene = bpy.context.scene
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
scene.render.use_compositing, scene.render.compositor_device, scene.render.compositor_precision = True, "CPU", "FULL"
tree = bpy.data.node_groups.new("layers", "CompositorNodeTree")
scene.compositing_node_group = tree
image = bpy.data.images.load(str(picture))

source = tree.nodes.new("CompositorNodeImage")
source.image = image
matte = tree.nodes.new("CompositorNodeCryptomatteV2")
matte.source, matte.image = "IMAGE", image
matte.layer_name = f"{prefix}CryptoObject"
matte.matte_id = wanted
out = tree.nodes.new("CompositorNodeOutputFile")
folder = tempfile.mkdtemp()
out.directory, out.file_name = folder, "seen"
out.format.media_type = "MULTI_LAYER_IMAGE"
out.format.file_format, out.format.color_depth, out.format.exr_codec = "OPEN_EXR_MULTILAYER", "32", "ZIP"
sockets = {"RGBA": "RGBA", "VECTOR": "VECTOR", "VALUE": "FLOAT"}
passes = [socket for socket in source.outputs if socket.enabled]
for socket in [*passes, matte.outputs["Matte"]]:
    out.file_output_items.new(sockets[socket.type], socket.name)
    tree.links.new(socket, out.inputs[socket.name])
print(f"Blender {bpy.app.version_string} opens it as {image.type}, passes:", ", ".join(socket.name for socket in passes))
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
print(f"unlike ours: {', '.join(unlike) or 'none'}; not compared: {', '.join(sorted(seen.keys() - set(same) - set(unlike))) or 'none'}")

header = OpenEXR.File(str(picture), header_only=True).header()
manifest = json.loads(next(text for key, text in header.items() if key.endswith("/manifest") and wanted in text))
expected = numpy.zeros_like(seen["Matte.V"])
for layer in (f"CryptoObject{at:02}" for at in range(4)):
    for name, cover in ("rg", "ba"):
        ids = numpy.ascontiguousarray(ours[f"{layer}.{name}"]).view("<u4")
        expected += ours[f"{layer}.{cover}"] * (ids == int(manifest[wanted], 16))
off = abs(seen["Matte.V"] - expected).max()
print(f"matte of {wanted}: Blender {seen['Matte.V'].sum():.3f} px, by the file's ids {expected.sum():.3f} px, at most {off:g} apart")
