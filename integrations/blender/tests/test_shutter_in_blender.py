# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion blur in a real Blender, with the real program; run as test_in_blender.py is."""

import os
import sys
import unittest

import bpy

from studio import HEIGHT, HERE, WIDTH, camera, fresh, render


class Shutters(unittest.TestCase):
    def test_what_moves_is_blurred_as_in_cycles(self):
        scene = fresh()
        camera(scene, (0.0, 0.0, 10.0), (0.0, 0.0, 0.0))
        bpy.ops.mesh.primitive_plane_add(size=2)
        plane = bpy.context.object
        for frame, x in ((0, -2.0), (10, 18.0)):
            plane.location.x = x
            plane.keyframe_insert("location", frame=frame)
        for curve in plane.animation_data.action.fcurves:
            for key in curve.keyframe_points:
                key.interpolation = "LINEAR"
        scene.frame_set(1)
        scene.render.film_transparent, scene.cycles.samples, scene.tessera.samples = True, 64, 64
        sharp = render(scene)[3::4]
        scene.render.use_motion_blur, scene.render.motion_blur_shutter = True, 0.8
        ours, theirs = render(scene)[3::4], render(scene, "CYCLES")[3::4]
        row = slice(HEIGHT // 2 * WIDTH, (HEIGHT // 2 + 1) * WIDTH)
        for ours_is, theirs_is in zip(ours[row], theirs[row]):
            self.assertAlmostEqual(ours_is, theirs_is, delta=0.25)
        self.assertAlmostEqual(sum(ours[row]), sum(theirs[row]), delta=0.02 * sum(theirs[row]))
        half = lambda values: sum(0.1 < value < 0.9 for value in values[row])
        self.assertGreater(half(ours), 2 * half(sharp) + 4)

    def test_a_shutter_is_centred_and_open_for_a_frame_at_most(self):
        sys.path.insert(0, str(HERE.parents[1] / "tessera"))
        from conversion import objects

        scene = fresh()
        self.assertEqual(objects.shutter(scene, 1), (0.0, []))
        wanted = scene.render
        wanted.use_motion_blur, wanted.motion_blur_shutter, wanted.motion_blur_position = True, 0.5, "CENTER"
        self.assertEqual(objects.shutter(scene, 1), (0.5, []))
        wanted.motion_blur_shutter, wanted.motion_blur_position = 2.0, "START"
        frames, told = objects.shutter(scene, 1)
        self.assertEqual((frames, len(told)), (1.0, 2), told)
        frames, told = objects.shutter(scene, -1)
        self.assertEqual((frames, len(told)), (0.0, 1), told)


if __name__ == "__main__":
    passed = unittest.main(exit=False).result.wasSuccessful()
    sys.stdout.flush()
    # Blender as a module was seen to hang at its end.
    os._exit(0 if passed else 1)
