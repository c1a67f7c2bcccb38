# SPDX-License-Identifier: GPL-3.0-or-later
"""The render engine: F12 renders with Tessera, here or on the network, and tiles appear as they come."""

import array
import pathlib
import shutil
import tempfile
import time

import bpy

from . import handover, order, passes, program, relabel, run, screen, settings

# How often the picture, the status and Esc are looked at, seconds.
_BEAT_S = 0.2


class Stopped(Exception):
    """Somebody pressed Esc."""


class TesseraEngine(bpy.types.RenderEngine):
    bl_idname = "TESSERA"
    bl_label = "Tessera"
    bl_use_preview = False
    bl_use_eevee_viewport = True
    bl_use_postprocess = True
    bl_use_shading_nodes_custom = False

    def update(self, data, _depsgraph):
        self._data = data

    def update_render_passes(self, scene, renderlayer):
        self.register_pass(scene, renderlayer, "Combined", 4, "RGBA", "COLOR")
        for name, channels, letters, kind in passes.channels(passes.wanted(scene.tessera, renderlayer)):
            self.register_pass(scene, renderlayer, name, channels, letters, kind)

    def render(self, depsgraph):
        try:
            with tempfile.TemporaryDirectory(prefix="tessera-") as folder:
                _Frame(self, self._data, depsgraph, pathlib.Path(folder)).render()
        except Stopped:
            pass
        except (program.NotFound, handover.Cannot, run.Failed, OSError, RuntimeError, ValueError) as fault:
            self.report({"ERROR"}, str(fault))
            self.error_set(str(fault))


class _Frame:
    """One frame of one view layer on its way."""

    def __init__(self, engine, data, depsgraph, folder):
        self._engine, self._data, self._folder = engine, data, folder
        self._scene = depsgraph.scene
        self._layer = depsgraph.view_layer_eval.name
        self._camera = engine.camera_override or self._scene.camera
        self._number = self._scene.frame_current
        self._settings = self._scene.tessera
        self._passes = passes.wanted(self._settings, depsgraph.view_layer_eval)
        self._width, self._height = size(self._scene.render)
        self._border = _border(self._scene.render, self._width, self._height)

    def render(self):
        if self._camera is None:
            raise ValueError("The scene has no camera. Add one with Add > Camera.")
        preferences = settings.preferences()
        tessera = program.find(preferences.program)
        farm = self._settings.farm(preferences)
        if farm:
            may_go_online(farm)
        converted = self._convert()
        look = self._settings.look(
            self._width, self._height, self._passes, converted.camera, converted.env, converted.shutter
        )
        window = screen.Screen()
        out, frames, number = self._folder / "picture.exr", "", self._number
        if number >= 0:
            # A frame's number is part of its random numbers, so that noise does not stand still in an animation.
            out, frames = self._folder / "picture.####.exr", str(number)
        words = order.render(tessera, converted.glb, out, look, farm, window.address, frames, self._fps())
        rendering = run.Run(words)
        try:
            self._follow(rendering, window, tessera)
        finally:
            rendering.stop()
            window.close()
        rendering.finish()
        self._show_whole(pathlib.Path(str(out).replace("####", f"{number:04}")), tessera)

    def _fps(self):
        return self._scene.render.fps / self._scene.render.fps_base

    def _convert(self):
        """The scene as glTF; what will be missing in the picture is reported."""
        engine = self._engine
        engine.update_stats("Tessera", "Converting the scene")
        wish = handover.pack(self._data, self._scene, self._layer, self._camera, self._number, self._number, self._folder)
        converted = handover.wait(handover.Conversion(wish), engine.test_break)
        if converted is None:
            raise Stopped
        for warning in converted.warnings:
            engine.report({"WARNING"}, warning)
        return converted

    def _follow(self, rendering, window, tessera):
        """Shows what comes until the program ends."""
        job, engine = "", self._engine
        for told in rendering.turns():
            if engine.test_break():
                rendering.stop()
                if job and self._settings.place == "FARM":
                    run.Run([str(tessera), "cancel", job, "--json"])
                raise Stopped
            for event in told:
                job = event.get("job", job)
                self._tell(event)
            for patch in window.drain():
                self._show(patch)
            time.sleep(_BEAT_S)
        for patch in window.rest():
            self._show(patch)

    def _tell(self, event):
        engine, kind = self._engine, event["event"]
        if kind == "progress":
            done = event["done_samples"] / max(event["total_samples"], 1)
            left = event.get("eta_seconds")
            engine.update_progress(done)
            engine.update_stats("Tessera", f"{done:.0%}" + (f", {left:.0f} s left" if left is not None else ""))
        elif kind == "render_started":
            engine.update_stats("Tessera", f"{event['tiles']} tiles, {event['adapter']}")
        elif kind == "warning":
            engine.report({"WARNING"}, run.sentences(event["message"]))

    def _show(self, patch):
        """Puts new pixels into Blender's picture, whose rows count from below and whose corner is the border's."""
        left, right = max(patch.x, self._border.left), min(patch.x + patch.width, self._border.right)
        top, bottom = max(patch.y, self._border.top), min(patch.y + patch.height, self._border.bottom)
        if left >= right or top >= bottom:
            return
        pixels = array.array("f")
        for row in reversed(range(top - patch.y, bottom - patch.y)):
            start = row * patch.width + left - patch.x
            pixels.extend(patch.rgba[4 * start : 4 * (start + right - left)])
        self._finish_alpha(pixels)
        x, y = left - self._border.left, self._border.bottom - bottom
        result = self._engine.begin_result(x, y, right - left, bottom - top, layer=self._layer)
        result.layers[0].passes["Combined"].rect.foreach_set(pixels)
        self._engine.end_result(result)

    def _finish_alpha(self, pixels):
        """Tessera's alpha says where the scene is. Blender shows the world as solid unless the film is transparent."""
        if not self._scene.render.film_transparent:
            pixels[3::4] = array.array("f", [1.0]) * (len(pixels) // 4)

    def _show_whole(self, file, tessera):
        """Every pass of the finished picture."""
        if self._settings.keep:
            keep = pathlib.Path(bpy.path.abspath(self._settings.keep))
            keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, keep / f"{self._scene.name}.{self._number:04}.exr")
        if self._border.cuts(self._width, self._height):
            if self._passes:
                self._engine.report({"WARNING"}, "With a render region there is the picture alone; other passes need the whole frame.")
            return
        mattes = [*passes.matte_fields(run.ask([str(tessera), "exr", "info", str(file), "--json"]), self._layer)]
        relabel.for_blender(file, self._layer)
        for name, channels, letters, _ in passes.channels(self._passes):
            self._engine.add_pass(name, channels, letters, layer=self._layer)
        result = self._engine.begin_result(0, 0, self._width, self._height, layer=self._layer)
        result.load_from_file(str(file))
        combined = result.layers[0].passes["Combined"].rect
        pixels = array.array("f", bytes(16 * self._width * self._height))
        combined.foreach_get(pixels)
        self._finish_alpha(pixels)
        combined.foreach_set(pixels)
        self._engine.end_result(result)
        whole = self._engine.get_result()
        for name, value in mattes:
            whole.stamp_data_add_field(name, value)


def size(render):
    """Width and height of a frame, pixels."""
    part = render.resolution_percentage / 100.0
    return max(int(render.resolution_x * part), 1), max(int(render.resolution_y * part), 1)


def may_go_online(farm):
    """Raises ValueError, with what to do, where nothing can be sent."""
    if not farm.coordinator:
        raise ValueError("No coordinator is set. Write its address in the add-on's preferences, or render on this computer.")
    if not getattr(bpy.app, "online_access", True):
        raise ValueError("Blender may not use the network. Allow online access in Preferences > System, or render on this computer.")


class _Border:
    """The part of the frame that is wanted, pixels from the upper left corner."""

    def __init__(self, left, top, right, bottom):
        self.left, self.top, self.right, self.bottom = left, top, right, bottom

    def cuts(self, width, height):
        return (self.left, self.top, self.right, self.bottom) != (0, 0, width, height)


def _border(render, width, height):
    """As Blender rounds it. Whether its picture is cropped or not, an engine is asked for this part alone."""
    if not render.use_border:
        return _Border(0, 0, width, height)
    left, right = int(render.border_min_x * width), int(render.border_max_x * width)
    low, high = int(render.border_min_y * height), int(render.border_max_y * height)
    return _Border(left, height - high, right, height - low)


# Panels of Blender's own that make sense for this engine.
_PANELS_LEFT_OUT = {"VIEWLAYER_PT_filter", "VIEWLAYER_PT_layer_passes", "RENDER_PT_freestyle", "RENDER_PT_simplify"}


def _borrowed_panels():
    """Blender's panels for engines without panels of their own: camera, film, output, lights, materials."""
    for panel in bpy.types.Panel.__subclasses__():
        engines = getattr(panel, "COMPAT_ENGINES", None)
        if engines and "BLENDER_RENDER" in engines and panel.__name__ not in _PANELS_LEFT_OUT:
            yield engines


def register():
    for engines in _borrowed_panels():
        engines.add(TesseraEngine.bl_idname)


def unregister():
    for engines in _borrowed_panels():
        engines.discard(TesseraEngine.bl_idname)
