# SPDX-License-Identifier: GPL-3.0-or-later
"""What people set: with the scene, how it is rendered and by whom; with Blender, where the program and the coordinator are."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from . import order


class TesseraPreferences(bpy.types.AddonPreferences):
    bl_idname = __package__

    program: StringProperty(
        name="Program", description="The program tessera; empty: the installed one", subtype="FILE_PATH", default=""
    )
    coordinator: StringProperty(
        name="Coordinator",
        description="Address of the coordinator that scenes are sent to, as its owner gave it to you: tessera://HOST:PORT#KEY",
        default="",
    )

    def draw(self, _context):
        column = self.layout.column()
        column.prop(self, "program")
        column.prop(self, "coordinator")


class TesseraSettings(bpy.types.PropertyGroup):
    place: EnumProperty(
        name="Render",
        items=[
            ("HERE", "Here", "On this computer's own GPU; nothing leaves it"),
            ("FARM", "Network", "Sealed, on the computers that the coordinator in the add-on's preferences finds"),
        ],
        default="HERE",
    )
    samples: IntProperty(name="Samples", description="Paths in each pixel", min=1, max=65536, default=64)
    seed: IntProperty(name="Seed", description="Of all random numbers", min=0, default=0)
    max_bounces: IntProperty(name="Bounces", description="Scatterings after which a path ends", min=0, max=64, default=8)
    clamp_indirect: FloatProperty(
        name="Clamp", description="Largest indirect contribution to a sample; 0 is off", min=0.0, default=10.0
    )
    denoise: EnumProperty(
        name="Denoise",
        items=[
            ("node", "While Rendering", "Each tile by whoever renders it"),
            ("local", "When Finished", "The whole picture, on this computer"),
            ("off", "Off", "The picture as it was traced"),
        ],
        default="node",
    )
    gpu: StringProperty(name="GPU", description="Index or name as `tessera doctor` lists them; empty: the strongest", default="")
    max_price: IntProperty(name="Max Price", description="Most micro-credits that a million samples may cost; 0: as usual", min=0, default=0)
    nodes: StringProperty(name="Only Nodes", description="Keys of the nodes that may render it, with commas; empty: any", default="")
    referee: StringProperty(name="Referee", description="Key of who judges results that are refused; empty: nobody", default="")
    frames: StringProperty(name="Frames", description="What to send, as in 1-30, 47; empty: the frame that is shown", default="")
    keep: StringProperty(
        name="Keep in",
        description="Folder for Tessera's own OpenEXR files, with the receipts of those who rendered; empty: not kept",
        subtype="DIR_PATH",
        default="",
    )
    with_noisy: BoolProperty(name="Noisy Image", description="The picture before it was denoised")
    with_features: BoolProperty(name="Denoising Data", description="Albedo and normals that the denoiser saw")
    with_samples: BoolProperty(name="Sample Count", description="Samples in each pixel")

    def farm(self, preferences):
        """Who renders, or None for this computer."""
        if self.place != "FARM":
            return None
        return order.Farm(preferences.coordinator.strip(), self.max_price, self.nodes.strip(), self.referee.strip())

    def look(self, width, height, passes, camera="", env=None, shutter=0.0):
        """How the picture is to be."""
        env = env or {"file": "none", "strength": 1.0, "rotate_deg": 0.0}
        return order.Look(
            width=width,
            height=height,
            spp=self.samples,
            seed=self.seed,
            max_bounces=self.max_bounces,
            clamp_indirect=self.clamp_indirect,
            denoise=self.denoise,
            camera=camera,
            env=env["file"],
            env_strength=env["strength"],
            env_rotate_deg=env["rotate_deg"],
            shutter=shutter,
            layers=order.layers_for(passes),
            gpu=self.gpu.strip(),
        )


def preferences():
    """This add-on's preferences."""
    return bpy.context.preferences.addons[__package__].preferences


def register():
    bpy.types.Scene.tessera = PointerProperty(type=TesseraSettings)


def unregister():
    del bpy.types.Scene.tessera
