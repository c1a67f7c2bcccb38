# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on in a real Blender, with the real program.

    pip install bpy==4.5.3                    (Python 3.11; Blender without a window)
    TESSERA=target/debug/tessera python integrations/blender/tests/test_in_blender.py

Pictures are compared with those of Blender's own Cycles. What was rendered stays in TESSERA_PICTURES, where that names a folder, to be looked at.
With TESSERA_BRIEF fewer lights and worlds are compared.
"""

import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import bpy

from studio import BRIEF, HEIGHT, HERE, TESSERA, WIDTH
from studio import background, camera, cells, differences, fresh, lamp, place, render, still_life, with_cycles


class Pictures(unittest.TestCase):
    def agrees(self, scene, name):
        found = differences(*with_cycles(scene, name))
        median, most = found[len(found) // 2], found[int(0.95 * len(found))]
        print(f"{name}: median {median:.2%}, 95 % of cells within {most:.2%}, worst {found[-1]:.2%}")
        self.assertLess(median, 0.02)
        self.assertLess(most, 0.1)

    def test_each_light_is_as_bright_as_in_cycles(self):
        lights = (
            ("point", "POINT", 400.0, {"shadow_soft_size": 0.4}),
            ("hard point", "POINT", 400.0, {"shadow_soft_size": 0.0}),
            ("spot", "SPOT", 400.0, {"shadow_soft_size": 0.0, "spot_blend": 0.3, "spot_size": 1.2}),
            ("soft spot", "SPOT", 400.0, {"shadow_soft_size": 0.5, "spot_blend": 0.3, "spot_size": 1.2}),
            ("sun", "SUN", 2.5, {"angle": 0.0}),
            ("soft sun", "SUN", 2.5, {"angle": 0.3}),
            ("area", "AREA", 400.0, {"shape": "RECTANGLE", "size": 2.0, "size_y": 1.0, "color": (1.0, 0.8, 0.5)}),
            ("disc", "AREA", 400.0, {"shape": "DISK", "size": 1.5}),
        )
        for name, kind, power, settings in lights[::2] if BRIEF else lights:
            with self.subTest(name):
                scene = fresh()
                still_life(scene)
                lamp(scene, kind, power, **settings)
                self.agrees(scene, name)

    @unittest.skipIf(BRIEF, "brief")
    def test_an_area_light_shines_the_same_when_its_object_is_scaled(self):
        scene = fresh()
        still_life(scene)
        lamp(scene, "AREA", 400.0, shape="RECTANGLE", size=1.0, size_y=1.0).scale = (2.0, 0.5, 1.0)
        self.agrees(scene, "scaled area")

    def test_glass_is_solid_as_in_cycles(self):
        with tempfile.TemporaryDirectory() as folder:
            scene = fresh()
            still_life(scene)
            glass = bpy.data.materials["ball"].node_tree.nodes["Principled BSDF"].inputs
            glass["Base Color"].default_value, glass["Roughness"].default_value = (0.9, 0.95, 1.0, 1.0), 0.0
            glass["Transmission Weight"].default_value, glass["IOR"].default_value = 1.0, 1.5
            self.world(scene, "picture", folder)
            self.agrees(scene, "glass")

    def test_what_is_out_of_focus_is_blurred_as_in_cycles(self):
        for blades, ratio in ((0, 1.0),) if BRIEF else ((0, 1.0), (3, 1.0), (5, 2.0)):
            with self.subTest(f"{blades} blades"):
                scene = fresh()
                still_life(scene)
                lamp(scene, "AREA", 400.0, shape="DISK", size=1.5)
                dof = scene.camera.data.dof
                dof.use_dof, dof.aperture_fstop, dof.aperture_blades, dof.aperture_ratio = True, 0.05, blades, ratio
                dof.aperture_rotation = 0.4
                dof.focus_object = next(thing for thing in scene.objects if thing.name == "Sphere")
                self.agrees(scene, f"depth of field, {blades} blades")

    def test_worlds_are_as_in_cycles(self):
        for name in ("turned picture",) if BRIEF else ("one colour", "picture", "turned picture", "sky"):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                scene = fresh()
                still_life(scene)
                self.world(scene, name, folder)
                self.agrees(scene, name)

    def world(self, scene, name, folder):
        tree, shine = scene.world.node_tree, background(scene)
        shine.inputs["Strength"].default_value = 0.7
        if name == "one colour":
            shine.inputs["Color"].default_value = (0.2, 0.5, 0.9, 1.0)
            return
        if name == "sky":
            node = tree.nodes.new("ShaderNodeTexGradient")
            tree.links.new(tree.nodes.new("ShaderNodeTexCoord").outputs["Generated"], node.inputs["Vector"])
            tree.links.new(node.outputs["Color"], shine.inputs["Color"])
            return
        node = tree.nodes.new("ShaderNodeTexEnvironment")
        node.image = self.directions(folder)
        tree.links.new(node.outputs["Color"], shine.inputs["Color"])
        if name == "turned picture":
            mapping = tree.nodes.new("ShaderNodeMapping")
            mapping.inputs["Rotation"].default_value[2] = math.radians(70.0)
            tree.links.new(tree.nodes.new("ShaderNodeTexCoord").outputs["Generated"], mapping.inputs["Vector"])
            tree.links.new(mapping.outputs["Vector"], node.inputs["Vector"])

    def directions(self, folder):
        """An environment picture that is different in every direction."""
        width, height = 64, 32
        image = bpy.data.images.new("directions", width, height, float_buffer=True)
        image.colorspace_settings.name = "Non-Color"
        texels = ((x / width, y / height) for y in range(height) for x in range(width))
        image.pixels = [value for u, v in texels for value in (2.0 * u * v, 0.3 * v, 1.5 * (1.0 - u), 1.0)]
        image.file_format, image.filepath_raw = "OPEN_EXR", f"{folder}/directions.exr"
        image.save()
        return bpy.data.images.load(image.filepath_raw)


class Scenes(unittest.TestCase):
    def covered(self, scene):
        """How much of the picture is something."""
        scene.render.film_transparent = True
        pixels = render(scene)
        return sum(pixels[3::4]) / (WIDTH * HEIGHT)

    def looking_down(self):
        scene = fresh()
        camera(scene, (0.0, 0.0, 10.0), (0.0, 0.0, 0.0))
        return scene

    def test_lights_are_seen_by_what_they_light_and_not_by_the_camera(self):
        for kind in ("AREA", "POINT"):
            scene = self.looking_down()
            light = lamp(scene, kind, 100.0, shadow_soft_size=0.5)
            light.location, light.rotation_euler = (0.0, 0.0, 2.0), (math.pi, 0.0, 0.0)
            self.assertEqual(self.covered(scene), 0.0)
            self.assertEqual(max(render(scene)[0::4]), 0.0)

    def test_what_is_hidden_from_renders_is_hidden_and_nothing_else(self):
        scene = self.looking_down()
        bpy.ops.mesh.primitive_plane_add(size=2)
        plane = bpy.context.object
        seen = self.covered(scene)
        self.assertGreater(seen, 0.05)
        plane.hide_set(True)
        plane.hide_viewport = True
        self.assertAlmostEqual(self.covered(scene), seen, places=6)
        plane.hide_render = True
        self.assertEqual(self.covered(scene), 0.0)
        plane.hide_render = False
        layer = bpy.data.collections.new("elsewhere")
        scene.collection.children.link(layer)
        scene.collection.objects.unlink(plane)
        layer.objects.link(plane)
        scene.view_layers[0].layer_collection.children["elsewhere"].exclude = True
        self.assertEqual(self.covered(scene), 0.0)

    def test_modifiers_are_as_for_a_render(self):
        scene = self.looking_down()
        bpy.ops.mesh.primitive_plane_add(size=4)
        square = self.covered(scene)
        smooth = bpy.context.object.modifiers.new("smooth", "SUBSURF")
        smooth.levels, smooth.render_levels = 0, 4
        round_ = self.covered(scene)
        self.assertLess(round_, 0.9 * square)
        smooth.show_render, smooth.show_viewport, smooth.levels = False, True, 4
        self.assertAlmostEqual(self.covered(scene), square, places=6)

    def test_the_frame_that_is_shown_is_the_frame_that_is_rendered(self):
        scene = self.looking_down()
        bpy.ops.mesh.primitive_plane_add(size=2)
        plane = bpy.context.object
        for frame, x in ((1, 0.0), (11, 100.0)):
            plane.location.x = x
            plane.keyframe_insert("location", frame=frame)
        scene.frame_set(1)
        self.assertGreater(self.covered(scene), 0.05)
        scene.frame_set(11)
        self.assertEqual(self.covered(scene), 0.0)

    def test_lenses_see_what_blenders_see(self):
        for name, change in (
            ("wide", lambda lens: setattr(lens, "lens", 20.0)),
            ("upright sensor", lambda lens: setattr(lens, "sensor_fit", "VERTICAL")),
            ("parallel", lambda lens: setattr(lens, "type", "ORTHO")),
            ("shifted", lambda lens: (setattr(lens, "shift_x", 0.1), setattr(lens, "shift_y", -0.05))),
            ("shifted upright", lambda lens: (setattr(lens, "sensor_fit", "VERTICAL"), setattr(lens, "shift_x", -0.1))),
        ):
            with self.subTest(name):
                scene = self.looking_down()
                bpy.ops.mesh.primitive_plane_add(size=2, location=(1.0, 0.7, 0.0))
                change(scene.camera.data)
                ours = self.covered(scene)
                scene.render.engine, scene.cycles.samples = "CYCLES", 16
                theirs = render(scene, "CYCLES")
                self.assertAlmostEqual(ours, sum(theirs[3::4]) / (WIDTH * HEIGHT), delta=0.004)


class Passes(unittest.TestCase):
    def test_every_pass_is_what_the_file_has_under_any_layers_name(self):
        scene = fresh()
        still_life(scene)
        lamp(scene, "POINT", 400.0)
        layer = scene.view_layers[0]
        layer.name = "Käse"
        layer.use_pass_z = layer.use_pass_position = layer.use_pass_vector = True
        layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = True
        scene.tessera.with_noisy = scene.tessera.with_features = scene.tessera.with_samples = True
        with tempfile.TemporaryDirectory() as folder:
            scene.tessera.keep = folder
            scene.render.image_settings.file_format, scene.render.image_settings.color_depth = "OPEN_EXR_MULTILAYER", "32"
            scene.render.filepath = f"{folder}/blender.exr"
            bpy.ops.render.render(write_still=True)
            kept = next(path for path in pathlib.Path(folder).iterdir() if path.name != "blender.exr")
            self.same_values(pathlib.Path(scene.render.filepath), kept, layer.name)
            self.assertIn(b"cryptomatte/", pathlib.Path(scene.render.filepath).read_bytes())
            subprocess.run([TESSERA, "verify", str(kept)], check=True, capture_output=True)

    def same_values(self, blenders, kept, layer):
        import OpenEXR

        saved = OpenEXR.File(str(blenders), separate_channels=True).channels()
        ours = OpenEXR.File(str(kept), separate_channels=True).channels()
        compared = 0
        for name, channel in ours.items():
            if name.endswith("Combined.A"):
                continue
            theirs = saved[name.replace("ViewLayer", layer, 1)].pixels
            self.assertTrue((theirs == channel.pixels.astype("f4")).all(), name)
            compared += 1
        self.assertGreater(compared, 40)

    def test_the_world_is_solid_unless_the_film_is_transparent(self):
        scene = fresh()
        camera(scene)
        background(scene).inputs["Color"].default_value = (0.5, 0.5, 0.5, 1.0)
        self.assertEqual(set(render(scene)[3::4]), {1.0})
        scene.render.film_transparent = True
        self.assertEqual(set(render(scene)[3::4]), {0.0})

    def test_a_region_is_that_part_of_the_whole_cropped_or_not(self):
        scene = fresh()
        still_life(scene)
        lamp(scene, "SUN", 3.0)
        whole = render(scene)
        settings = scene.render
        settings.use_border, settings.use_crop_to_border = True, True
        settings.border_min_x, settings.border_max_x, settings.border_min_y, settings.border_max_y = 0.25, 0.75, 0.5, 1.0
        part = render(scene)
        self.assertEqual(len(part), len(whole) // 4)
        self.same_part(part, self.part_of(whole))
        settings.use_crop_to_border = False
        framed = render(scene)
        self.assertEqual(len(framed), len(whole))
        self.same_part(self.part_of(framed), self.part_of(whole))
        self.assertEqual(set(framed[: 4 * WIDTH]), {0.0})

    def part_of(self, pixels):
        """The region of that test."""
        rows = (pixels[4 * (row * WIDTH + WIDTH // 4) : 4 * (row * WIDTH + 3 * WIDTH // 4)] for row in range(HEIGHT // 2, HEIGHT))
        return [value for row in rows for value in row]

    def same_part(self, ours, theirs):
        for our, their in zip(ours, theirs, strict=True):
            self.assertAlmostEqual(our, their, delta=2e-3 * max(abs(their), 0.1))


class Words(unittest.TestCase):
    """What a conversion says that it leaves out, from inside the second Blender's own modules."""

    def left_out(self, scene, is_still=True):
        sys.path.insert(0, str(HERE.parents[1] / "tessera"))
        from conversion import camera as eye
        from conversion import lights, materials, objects

        told = objects.left_out(scene, is_still) + eye.made_portable(scene, scene.camera, is_still)
        return told + materials.made_portable(bpy.data.materials) + lights.made_portable(scene)

    def test_a_plain_scene_leaves_nothing_out(self):
        scene = fresh()
        still_life(scene)
        lamp(scene, "AREA", 100.0)
        self.assertEqual(self.left_out(scene), [])
        self.assertEqual(self.left_out(scene, is_still=False), [])

    def test_everything_that_is_left_out_is_named(self):
        scene = fresh()
        still_life(scene)
        eye = scene.camera.data
        eye.type, eye.dof.use_dof = "ORTHO", True
        light = lamp(scene, "AREA", 100.0).data
        light.spread = 1.0
        place(scene, "fog", bpy.data.volumes.new("fog"))
        tree = bpy.data.materials["ball"].node_tree
        noise = tree.nodes.new("ShaderNodeTexNoise")
        tree.links.new(noise.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
        mixed = bpy.data.materials["box"].node_tree
        mix = mixed.nodes.new("ShaderNodeMixShader")
        mixed.links.new(mix.outputs[0], mixed.nodes["Material Output"].inputs["Surface"])
        told = self.left_out(scene)
        for words in ("depth of field", '"fog" is a volume', '"ball" uses Noise Texture', '"box" ends in Mix Shader', "spread"):
            self.assertEqual(sum(words in sentence for sentence in told), 1, f"{words}: {told}")

    def test_what_moves_and_cannot_is_named_for_an_animation_alone(self):
        for is_still, sentences in ((True, 0), (False, 1)):
            scene = fresh()
            still_life(scene)
            lamp(scene, "SUN", 3.0).data.keyframe_insert("energy", frame=1)
            told = self.left_out(scene, is_still)
            self.assertEqual(len([sentence for sentence in told if '"lamp"' in sentence]), sentences)

    def test_simple_shaders_become_the_principled_one(self):
        scene = fresh()
        still_life(scene)
        tree = bpy.data.materials["ball"].node_tree
        glass = tree.nodes.new("ShaderNodeBsdfGlass")
        glass.inputs["IOR"].default_value = 1.33
        tree.links.new(glass.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
        self.assertEqual(self.left_out(scene), [])
        shader = tree.nodes["Material Output"].inputs["Surface"].links[0].from_node
        self.assertEqual(shader.type, "BSDF_PRINCIPLED")
        self.assertAlmostEqual(shader.inputs["IOR"].default_value, 1.33, places=5)
        self.assertEqual(shader.inputs["Transmission Weight"].default_value, 1.0)


class Faults(unittest.TestCase):
    def refused(self, words, prepare):
        scene = fresh()
        camera(scene)
        prepare(scene, bpy.context.preferences.addons["tessera"].preferences)
        with self.assertRaisesRegex(RuntimeError, words):
            bpy.ops.render.render()

    def test_what_is_missing_is_told_with_what_to_do(self):
        self.refused("Correct its path", lambda _, preferences: setattr(preferences, "program", "/nowhere/tessera"))
        self.refused("No coordinator is set", lambda scene, _: setattr(scene.tessera, "place", "FARM"))

        def nobody_there(scene, preferences):
            bpy.context.preferences.system.use_online_access = True
            scene.tessera.place, preferences.coordinator = "FARM", "tessera://127.0.0.1:9#" + "a" * 52

        self.refused("coordinator", nobody_there)

        def not_allowed(scene, preferences):
            nobody_there(scene, preferences)
            bpy.context.preferences.system.use_online_access = False

        self.refused("may not use the network", not_allowed)

    def test_a_program_that_is_another_is_told(self):
        self.refused("ended with", lambda _, preferences: setattr(preferences, "program", "/bin/false"))


class Stopping(unittest.TestCase):
    def test_esc_ends_everything_that_was_started(self):
        scene = fresh()
        still_life(scene)
        scene.tessera.samples = 4096
        import tessera.engine as engine

        started, looks = [], iter(range(1000))
        starts, frame = engine.run.Run, engine._Frame

        class Impatient:
            """Blender, with somebody at Esc; not before it renders, for the second Blender takes longer to start than a few looks."""

            def __init__(self, blenders):
                self._blenders = blenders

            def __getattr__(self, name):
                return getattr(self._blenders, name)

            def test_break(self):
                return bool(started) and next(looks) > 10

        engine.run.Run = lambda words: started.append(starts(words)) or started[-1]
        engine._Frame = lambda blenders, *rest: frame(Impatient(blenders), *rest)
        try:
            bpy.ops.render.render()
        finally:
            engine.run.Run, engine._Frame = starts, frame
        self.assertEqual(len(started), 1)
        self.assertTrue(started[0].is_over())


class Places(unittest.TestCase):
    def test_pictures_go_where_blenders_output_goes(self):
        scene = fresh()
        from tessera import send

        for named, path in (
            ("/out/shot", "/out/shot.####.exr"),
            ("/out/shot.exr", "/out/shot.####.exr"),
            ("/out/shot_##_final.exr", "/out/shot_####_final.exr"),
            ("/out/", "/out/Scene.####.exr"),
        ):
            scene.render.filepath = named
            self.assertEqual(str(send.output(scene)), path)

    def test_a_place_beside_a_file_that_is_not_saved_is_none(self):
        scene = fresh()
        from tessera import send

        scene.render.filepath = "//shot"
        with self.assertRaisesRegex(ValueError, "Save it"):
            send.output(scene)


class Sending(unittest.TestCase):
    """Through a real coordinator and a real node."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(self.folder.name)
        os.environ["XDG_DATA_HOME"] = str(root / "artist")
        words = [TESSERA, "coordinator", "--listen", "127.0.0.1:0", "--data", str(root / "farm")]
        self.coordinator = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.coordinator.stdout.readline().strip()
        words = [TESSERA, "node", "--coordinator", self.address, "--data", str(root / "node")]
        self.node = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def tearDown(self):
        for child in (self.node, self.coordinator):
            child.terminate()
            child.wait(60)
        self.coordinator.stdout.close()
        self.folder.cleanup()

    def scene(self):
        scene = fresh()
        still_life(scene)
        lamp(scene, "AREA", 400.0, size=2.0)
        preferences = bpy.context.preferences.addons["tessera"].preferences
        preferences.coordinator = self.address
        bpy.context.preferences.system.use_online_access = True
        return scene

    def test_f12_on_the_network_has_the_bits_of_f12_here(self):
        scene = self.scene()
        here = render(scene)
        scene.tessera.place = "FARM"
        self.assertEqual(render(scene), here)

    def test_frames_that_are_sent_come_back_checked(self):
        scene = self.scene()
        ball = bpy.data.objects["Sphere"]
        for frame, x in ((1, -3.0), (3, 3.0)):
            ball.location.x = x
            ball.keyframe_insert("location", frame=frame)
        scene.tessera.frames = "1-3"
        scene.render.filepath = f"{self.folder.name}/out/shot.####.exr"
        pathlib.Path(self.folder.name, "out").mkdir()
        self.assertEqual(bpy.ops.tessera.send(), {"FINISHED"})
        from tessera import send

        self.assertEqual(len(send.jobs), 1)
        self.assertEqual(bpy.ops.tessera.collect(job=send.jobs[0]["job"]), {"FINISHED"})
        self.assertEqual(send.jobs[0]["done"], 1.0)
        pictures = sorted(pathlib.Path(self.folder.name, "out").iterdir())
        self.assertEqual([path.name for path in pictures], ["shot.0001.exr", "shot.0002.exr", "shot.0003.exr"])
        for path in pictures:
            subprocess.run([TESSERA, "verify", str(path)], check=True, capture_output=True)
        moved = subprocess.run([TESSERA, "exr", "diff", *map(str, pictures[::2]), "--max-rel-mse", "0.01"], capture_output=True)
        self.assertEqual(moved.returncode, 1)


if __name__ == "__main__":
    passed = unittest.main(exit=False).result.wasSuccessful()
    sys.stdout.flush()
    # Blender as a module was seen to hang at its end.
    os._exit(0 if passed else 1)
