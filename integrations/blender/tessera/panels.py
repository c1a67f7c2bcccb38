# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown in Properties: how to render, which passes, and what was sent."""

import pathlib

import bpy

from . import order, send, settings

_ENGINE = "TESSERA"


class _Ours:
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    COMPAT_ENGINES = {_ENGINE}

    @classmethod
    def poll(cls, context):
        return context.engine == _ENGINE


class RENDER_PT_tessera(_Ours, bpy.types.Panel):
    bl_label = "Tessera"
    bl_context = "render"

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        wanted = context.scene.tessera
        layout.prop(wanted, "place", expand=True)
        if wanted.place == "HERE":
            layout.prop(wanted, "gpu")
        else:
            _of_farm(layout, wanted)
        column = layout.column()
        column.prop(wanted, "samples")
        column.prop(wanted, "denoise")
        column.prop(wanted, "max_bounces")
        column.prop(wanted, "clamp_indirect")
        column.prop(wanted, "seed")
        layout.prop(wanted, "keep")


class RENDER_PT_tessera_motion_blur(_Ours, bpy.types.Panel):
    """Blender's own values, which other engines read too."""

    bl_label = "Motion Blur"
    bl_context = "render"
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header(self, context):
        self.layout.prop(context.scene.render, "use_motion_blur", text="")

    def draw(self, context):
        layout, wanted = self.layout, context.scene.render
        layout.use_property_split = True
        layout.active = wanted.use_motion_blur
        layout.prop(wanted, "motion_blur_shutter")


class VIEWLAYER_PT_tessera_passes(_Ours, bpy.types.Panel):
    bl_label = "Passes"
    bl_context = "view_layer"

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layer, wanted = context.view_layer, context.scene.tessera
        column = layout.column(heading="Data")
        column.prop(layer, "use_pass_z")
        column.prop(layer, "use_pass_position")
        column.prop(layer, "use_pass_vector")
        column = layout.column(heading="Cryptomatte")
        column.prop(layer, "use_pass_cryptomatte_object", text="Object")
        column.prop(layer, "use_pass_cryptomatte_material", text="Material")
        column = layout.column(heading="Denoising")
        column.prop(wanted, "with_noisy")
        column.prop(wanted, "with_features")
        column.prop(wanted, "with_samples")


class OUTPUT_PT_tessera_send(bpy.types.Panel):
    bl_label = "Send to Tessera"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "output"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        wanted = context.scene.tessera
        if context.engine != _ENGINE:
            layout.label(text="Tessera renders it, with the samples set there", icon="INFO")
            layout.prop(wanted, "samples")
        layout.prop(wanted, "frames")
        _of_farm(layout, wanted)
        try:
            layout.label(text=str(send.output(context.scene)), icon="FILE_IMAGE")
        except ValueError as fault:
            layout.label(text=str(fault), icon="ERROR")
        row = layout.row()
        row.operator("tessera.send", icon="EXPORT")
        row.operator("tessera.refresh", text="", icon="FILE_REFRESH")
        for job in send.jobs:
            _job(layout.box(), job)


def _of_farm(layout, wanted):
    preferences = settings.preferences()
    column = layout.column()
    # Written where it belongs: it is the same for every scene.
    column.prop(preferences, "coordinator")
    column.prop(wanted, "max_price")
    column.prop(wanted, "nodes")
    column.prop(wanted, "referee")


def _job(box, job):
    box.label(text=f"{pathlib.Path(job['output']).name}: {job['state']}, {job['done']:.0%}, {order.credits_text(job['cost'])}")
    row = box.row(align=True)
    for name in ("collect", "watch", "cancel"):
        row.operator(f"tessera.{name}").job = job["job"]


CLASSES = (RENDER_PT_tessera, RENDER_PT_tessera_motion_blur, VIEWLAYER_PT_tessera_passes, OUTPUT_PT_tessera_send)
