"""Writes small films whose light moves where no motion vector says so: what `flicker.py` must not leave ghosts in.

    python shadows.py SCENES

makes `SCENES/shadow.gltf` (a box flies between a lamp and a floor; it is seen in a glossy wall, and its shadow crosses a still floor),
`SCENES/lamp.gltf` (the lamp itself goes on its way), `SCENES/pan.gltf` (the first, seen by a camera that moves and turns past a chequered
XX
"""

import base64
import json
import os
import random
import struct
import sys
import zlib

SECONDS = 0.5
CUBE = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
# Each side with corners counter-clockwise from outside.
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


class Film:
    def __init__(self):
        self.bytes, self.gltf = b"", {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}], "nodes": [], "meshes": [], "materials": [],
                                      "accessors": [], "bufferViews": [], "cameras": [{"type": "perspective", "perspective": {"yfov": 0.8, "znear": 0.1}}],
                                      "animations": [{"samplers": [], "channels": []}]}

    def accessor(self, rows, kind):
        data = struct.pack(f"<{sum(map(len, rows))}f", *(value for row in rows for value in row))
        self.gltf["bufferViews"].append({"buffer": 0, "byteOffset": len(self.bytes), "byteLength": len(data)})
        self.gltf["accessors"].append({"bufferView": len(self.gltf["bufferViews"]) - 1, "componentType": 5126, "count": len(rows), "type": kind,
                                       "min": [min(column) for column in zip(*rows)], "max": [max(column) for column in zip(*rows)]})
        self.bytes += data
        return len(self.gltf["accessors"]) - 1

    def node(self, **node):
        self.gltf["nodes"].append(node)
        self.gltf["scenes"][0]["nodes"].append(len(self.gltf["nodes"]) - 1)
        return len(self.gltf["nodes"]) - 1

    def box(self, at, half, colour=(0.6, 0.6, 0.6), rough=0.9, metal=0.0, glow=0.0):
        corners = [CUBE[corner] for side in SIDES for corner in (side[0], side[1], side[2], side[0], side[2], side[3])]
        self.gltf["materials"].append({"pbrMetallicRoughness": {"baseColorFactor": [*colour, 1], "roughnessFactor": rough, "metallicFactor": metal}} |
                                      ({"emissiveFactor": [1, 1, 1], "extensions": {"KHR_materials_emissive_strength": {"emissiveStrength": glow}}} if glow else {}))
        places = self.accessor([tuple(c * h for c, h in zip(corner, half)) for corner in corners], "VEC3")
        self.gltf["meshes"].append({"primitives": [{"attributes": {"POSITION": places}, "material": len(self.gltf["materials"]) - 1}]})
        return self.node(mesh=len(self.gltf["meshes"]) - 1, translation=list(at))

    def weave(self):
        """A floor of 8 metres whose texture is noise of 32 texels a metre."""
        noise = random.Random(5)
        rows = b"".join(b"\0" + bytes(noise.randrange(60, 240) for _ in range(3 * 256)) for _ in range(256))
        chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 256, 256, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        self.gltf |= {"images": [{"uri": "data:image/png;base64," + base64.b64encode(png).decode()}], "textures": [{"source": 0}]}
        self.gltf["materials"].append({"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0}})
        corners = [(-4, 0.01, -4), (-4, 0.01, 4), (4, 0.01, 4), (-4, 0.01, -4), (4, 0.01, 4), (4, 0.01, -4)]
        attributes = {"POSITION": self.accessor(corners, "VEC3"), "TEXCOORD_0": self.accessor([(x / 8, z / 8) for x, _, z in corners], "VEC2")}
        self.gltf["meshes"].append({"primitives": [{"attributes": attributes, "material": len(self.gltf["materials"]) - 1}]})
        self.node(mesh=len(self.gltf["meshes"]) - 1)

    def move(self, node, path, rows):
        """Linear from the first frame to the last."""
        animation = self.gltf["animations"][0]
        times = self.accessor([(SECONDS * at / (len(rows) - 1),) for at in range(len(rows))], "SCALAR")
        animation["samplers"].append({"input": times, "output": self.accessor(rows, "VEC4" if path == "rotation" else "VEC3")})
        animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": {"node": node, "path": path}})

    def save(self, path):
        uri = "data:application/octet-stream;base64," + base64.b64encode(self.bytes).decode()
        with open(path, "w") as file:
            json.dump(self.gltf | {"buffers": [{"byteLength": len(self.bytes), "uri": uri}], "extensionsUsed": ["KHR_materials_emissive_strength"]}, file)


def film(moves):
    stage = Film()
    for column in range(-4, 4):
        for row in range(-4, 4):
            colour = (0.75, 0.7, 0.6) if (column + row) % 2 else (0.3, 0.35, 0.45)
            stage.box((column + 0.5, -0.1, row + 0.5), (0.5, 0.1, 0.5), colour)
    stage.box((0, 1.5, -3.2), (4, 1.6, 0.1), (0.8, 0.8, 0.85), rough=0.25, metal=1.0)
    stage.box((-2, 0.5, -1), (0.4, 0.5, 0.4), (0.7, 0.2, 0.15))
    box = stage.box((0, 1.2, 0), (0.35, 0.35, 0.35), (0.2, 0.5, 0.3))
    lamp = stage.box((0, 4, 0), (0.5, 0.05, 0.5), glow=18.0)
    camera = stage.node(camera=0, translation=[0, 2.2, 5.5], rotation=[-0.14, 0, 0, 0.99015])
    if moves == "weave":
        stage.weave()
    if moves != "lamp":
        stage.move(box, "translation", [(-1.6, 1.2, 0.4), (1.6, 1.2, 0.4)])
    if moves == "lamp":
        stage.move(lamp, "translation", [(-1.5, 4, 1), (1.5, 4, -1)])
    if moves in ("pan", "weave"):
        stage.move(camera, "translation", [(-0.8, 2.2, 5.5), (0.8, 2.0, 5.1)])
    stage.save(os.path.join(sys.argv[1], f"{moves}.gltf"))
    return {"id": moves, "file": f"{moves}.gltf", "width": 240, "height": 135, "time": 0, "env": "", "env_strength": 1}


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    with open(os.path.join(sys.argv[1], "scenes.json"), "w") as file:
        json.dump([film(moves) for moves in ("shadow", "lamp", "pan", "weave")], file, indent=1)
