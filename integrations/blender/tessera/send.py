# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a scene to the network and lets Blender go on: the job is Tessera's from then on, and `tessera` fetches its pictures.

Each operator is a walk of steps (a generator that yields what to show); with a window a timer takes them one by one, without one they run
to their end.
"""

import pathlib
import re
import subprocess
import tempfile
import time

import bpy
from bpy.props import StringProperty

from . import engine, handover, order, passes, program, run, settings

_BEAT_S = 0.2
_FAULTS = (program.NotFound, handover.Cannot, run.Failed, OSError, RuntimeError, ValueError)

# What `tessera jobs` said last; it lives as long as this Blender.
jobs = []


class _Steps:
    """An operator that takes its steps while Blender goes on. `steps(context)` yields what to show."""

    def execute(self, context):
        try:
            self._steps = self.steps(context)
            if not bpy.app.background and context.window:
                self._timer = context.window_manager.event_timer_add(_BEAT_S, window=context.window)
                context.window_manager.modal_handler_add(self)
                return {"RUNNING_MODAL"}
            for _ in self._steps:
                time.sleep(_BEAT_S)
            return {"FINISHED"}
        except _FAULTS as fault:
            return self._fail(fault)

    def modal(self, context, event):
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            context.workspace.status_text_set(f"Tessera: {next(self._steps)}")
            return {"RUNNING_MODAL"}
        except StopIteration:
            self._leave(context)
            return {"FINISHED"}
        except _FAULTS as fault:
            self._leave(context)
            return self._fail(fault)

    def cancel(self, context):
        self._steps.close()
        self._leave(context)

    def _leave(self, context):
        context.window_manager.event_timer_remove(self._timer)
        context.workspace.status_text_set(None)
        for area in context.screen.areas if context.screen else ():
            area.tag_redraw()

    def _fail(self, fault):
        self.report({"ERROR"}, str(fault))
        return {"CANCELLED"}


class TESSERA_OT_send(_Steps, bpy.types.Operator):
    """Send this scene to the coordinator in the add-on's preferences; Blender is free meanwhile"""

    bl_idname = "tessera.send"
    bl_label = "Send to Tessera"

    def steps(self, context):
        scene, view_layer = context.scene, context.view_layer
        wanted = scene.tessera
        preferences = settings.preferences()
        tessera = program.find(preferences.program)
        farm = order.Farm(preferences.coordinator.strip(), wanted.max_price, wanted.nodes.strip(), wanted.referee.strip())
        engine.may_go_online(farm)
        if scene.camera is None:
            raise ValueError("The scene has no camera. Add one with Add > Camera.")
        frames = order.frame_list(wanted.frames) if wanted.frames.strip() else str(scene.frame_current)
        out = output(scene)
        with tempfile.TemporaryDirectory(prefix="tessera-") as folder:
            first, last = order.span(frames)
            wish = handover.pack(bpy.data, scene, view_layer.name, scene.camera, first, last, pathlib.Path(folder))
            conversion = handover.Conversion(wish)
            try:
                while not conversion.is_over():
                    yield "converting the scene"
            except GeneratorExit:
                conversion.stop()
                raise
            converted = conversion.result()
            for warning in converted.warnings:
                self.report({"WARNING"}, warning)
            width, height = engine.size(scene.render)
            wanted_passes = passes.wanted(wanted, view_layer)
            look = wanted.look(width, height, wanted_passes, converted.camera, converted.env, converted.shutter)
            fps = scene.render.fps / scene.render.fps_base
            sending = run.Run(order.render(tessera, converted.glb, out, look, farm, "", frames, fps, detach=True))
            job = ""
            try:
                for told in sending.turns():
                    job = next((event["job"] for event in told if event["event"] == "job_submitted"), job)
                    yield "sending the scene"
            finally:
                sending.stop()
            sending.finish()
        self.report({"INFO"}, f"Job {job} is on its way; fetch it with Collect. Pictures will be {out}")
        _refresh(tessera)


class TESSERA_OT_refresh(bpy.types.Operator):
    """Ask Tessera how far your jobs are"""

    bl_idname = "tessera.refresh"
    bl_label = "Refresh"

    def execute(self, _context):
        try:
            _refresh(program.find(settings.preferences().program))
        except _FAULTS as fault:
            self.report({"ERROR"}, str(fault))
            return {"CANCELLED"}
        return {"FINISHED"}


class TESSERA_OT_collect(_Steps, bpy.types.Operator):
    """Fetch the job's pictures, waiting for the rest of them; each is checked as it comes"""

    bl_idname = "tessera.collect"
    bl_label = "Collect"
    job: StringProperty()

    def steps(self, _context):
        tessera = program.find(settings.preferences().program)
        collecting = run.Run([str(tessera), "collect", self.job, "--json"])
        done = 0.0
        try:
            for told in collecting.turns():
                for event in told:
                    if event["event"] == "progress":
                        done = event["done_samples"] / max(event["total_samples"], 1)
                    elif event["event"] == "warning":
                        self.report({"WARNING"}, run.sentences(event["message"]))
                    elif event["event"] == "frame_written":
                        self.report({"INFO"}, f"{event['file']} is written")
                yield f"collecting, {done:.0%}"
        finally:
            collecting.stop()
        collecting.finish()
        _refresh(tessera)


class TESSERA_OT_watch(bpy.types.Operator):
    """Watch the job's pictures grow in Tessera's viewer"""

    bl_idname = "tessera.watch"
    bl_label = "Watch"
    job: StringProperty()

    def execute(self, _context):
        try:
            tessera = program.find(settings.preferences().program)
            nothing = subprocess.DEVNULL
            words = [str(tessera), "watch", self.job, "--viewer"]
            subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing, creationflags=run.QUIETLY)
        except _FAULTS as fault:
            self.report({"ERROR"}, str(fault))
            return {"CANCELLED"}
        return {"FINISHED"}


class TESSERA_OT_cancel(bpy.types.Operator):
    """Stop the job; what is done is kept"""

    bl_idname = "tessera.cancel"
    bl_label = "Stop and Keep"
    job: StringProperty()

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context):
        try:
            tessera = program.find(settings.preferences().program)
            run.ask([str(tessera), "cancel", self.job, "--json"])
            _refresh(tessera)
        except _FAULTS as fault:
            self.report({"ERROR"}, str(fault))
            return {"CANCELLED"}
        return {"FINISHED"}


def output(scene):
    """Where pictures go: as Blender's output path says, with #### for the frame. Raises ValueError where that is nowhere."""
    named = scene.render.filepath
    if named.startswith("//") and not bpy.data.filepath:
        raise ValueError("The output path is beside the file, which is not saved. Save it, or give another output path.")
    path = pathlib.Path(bpy.path.abspath(named) or str(pathlib.Path.home()) + "/")
    if named.endswith(("/", "\\")) or path.is_dir():
        path = path / f"{scene.name}."
    name = path.name.removesuffix(".exr")
    # Tessera's numbers have four digits.
    name = re.sub("#+", "####", name, count=1) if "#" in name else f"{name.rstrip('.')}.####"
    return path.with_name(f"{name}.exr")


def _refresh(tessera):
    jobs[:] = [event for event in run.ask([str(tessera), "jobs", "--json"]) if event["event"] == "job"]


CLASSES = (TESSERA_OT_send, TESSERA_OT_refresh, TESSERA_OT_collect, TESSERA_OT_watch, TESSERA_OT_cancel)
