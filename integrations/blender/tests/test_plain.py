# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the add-on that know nothing of Blender.

    python3 -m unittest discover -s integrations/blender/tests -p 'test_plain.py'

TESSERA names the program; without it, what needs one is skipped and says so.
"""

import importlib.util
import json
import os
import pathlib
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ADD_ON = pathlib.Path(__file__).resolve().parents[1] / "tessera"
SCENE = pathlib.Path(__file__).resolve().parents[3] / "assets/scenes/tiny.glb"
TESSERA = os.environ.get("TESSERA", "")


def part(name):
    """A module of the add-on without the add-on, whose own door needs Blender."""
    spec = importlib.util.spec_from_file_location(f"tessera_{name}", ADD_ON / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


order, program, relabel, run, screen = (part(name) for name in ("order", "program", "relabel", "run", "screen"))


def packet(operation, payload):
    return struct.pack("<IB", 5 + len(payload), operation) + payload


def update(x, y, width, height, values, channels=(b"R", b"G", b"B", b"A"), planar=False):
    """tev's operation 6 as its own client writes it; values pixel by pixel."""
    count = len(channels)
    offsets = [at * width * height for at in range(count)] if planar else list(range(count))
    strides = [1] * count if planar else [count] * count
    if planar:
        values = [value for at in range(count) for value in values[at::count]]
    names = b"".join(channel + b"\0" for channel in channels)
    body = b"\0name\0" + struct.pack("<I", count) + names + struct.pack("<4I", x, y, width, height)
    return packet(6, body + struct.pack(f"<{2 * count}Q", *offsets, *strides) + struct.pack(f"<{len(values)}f", *values))


class Orders(unittest.TestCase):
    def test_frames_are_read_as_people_write_them(self):
        self.assertEqual(order.frame_list("1-30, 47"), "1-30,47")
        self.assertEqual(order.frame_list(" 5 , 1 - 9 x 2"), "5,1-9x2")
        self.assertEqual(order.span("5,1-9x2"), (1, 9))

    def test_what_is_no_frame_is_told(self):
        for text in ("", "a", "3-1", "1-9x0", "4x2", "1-", "-3", "1;2"):
            with self.assertRaisesRegex(ValueError, "Write frames as in", msg=text):
                order.frame_list(text)

    def test_each_layer_is_asked_for_once_and_beauty_always(self):
        self.assertEqual(order.layers_for([]), ("beauty",))
        self.assertEqual(order.layers_for(["CryptoObject", "CryptoMaterial", "Depth"]), ("beauty", "cryptomatte", "depth"))

    def test_a_farm_is_sent_to_and_this_computer_renders(self):
        look = order.Look(4, 3)
        here = order.render("tessera", "s.glb", "p.exr", look)
        away = order.render("tessera", "s.glb", "p.exr", look, order.Farm("tessera://h:1#k", 5, "ab", "cd"), detach=True)
        self.assertEqual(here[1], "render")
        self.assertEqual(away[1], "submit")
        self.assertIn("--detach", away)
        for flag, value in (("--coordinator", "tessera://h:1#k"), ("--max-price", "5"), ("--nodes", "ab"), ("--referee", "cd")):
            self.assertEqual(away[away.index(flag) + 1], value)

    def test_amounts_are_credits(self):
        told = {0: "0 credits", 16: "16 micro-credits", 1000: "0.001 credits", 1_234_500_000: "1234.5 credits", 10**13: "10000000 credits"}
        self.assertEqual({amount: order.credits_text(amount) for amount in told}, told)

    @unittest.skipUnless(TESSERA, "TESSERA names no program")
    def test_the_program_knows_every_word(self):
        look = order.Look(16, 12, spp=1, camera="camera", shutter=0.5, layers=("beauty", "depth"))
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "p.####.exr"
            words = order.render(TESSERA, SCENE, out, look, None, "", "7", 23.976)
            told = run.ask(words)
            self.assertTrue(out.with_name("p.0007.exr").is_file())
        self.assertEqual(told[-1]["event"], "finished")


class Programs(unittest.TestCase):
    def test_a_folder_with_the_program_is_as_good_as_its_path(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / program.NAME
            path.write_text("#!/bin/sh\n")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
            self.assertEqual(program.find(folder), path)
            self.assertEqual(program.find(str(path)), path)

    def test_a_program_that_is_not_there_is_told_with_what_to_do(self):
        with self.assertRaisesRegex(program.NotFound, "Correct its path"):
            program.find("/nowhere/tessera")


class Runs(unittest.TestCase):
    def child(self, lines, then=""):
        said = "".join(f"print({json.dumps(line)!r}, flush=True)\n" for line in lines)
        return run.Run([sys.executable, "-c", f"import sys, time\n{said}{then}"])

    def test_events_come_in_order_and_all_of_them(self):
        child = self.child([{"event": "progress", "done_samples": at} for at in range(100)])
        child.finish()
        self.assertEqual([event["done_samples"] for event in child.events()], list(range(100)))
        self.assertTrue(child.is_over())

    def test_what_went_wrong_is_what_it_said(self):
        child = self.child([{"event": "error", "message": "the disk is full", "advice": "make room"}], "sys.exit(1)")
        with self.assertRaisesRegex(run.Failed, r"^The disk is full\. Make room\.$"):
            child.finish()

    def test_a_program_without_words_still_says_something(self):
        child = self.child([], "sys.stderr.write('no such flag\\n'); sys.exit(2)")
        with self.assertRaisesRegex(run.Failed, "no such flag"):
            child.finish()
        with self.assertRaisesRegex(run.Failed, "ended with 3"):
            self.child([], "sys.exit(3)").finish()

    def test_lines_that_are_no_events_are_passed_over(self):
        child = run.Run([sys.executable, "-c", "print('hello'); print('{\"event\":\"finished\"}')"])
        child.finish()
        self.assertEqual(list(child.events()), [{"event": "finished"}])

    def test_it_ends_when_it_is_asked(self):
        child = self.child([{"event": "progress"}], "time.sleep(60)")
        began = time.monotonic()
        child.stop()
        with self.assertRaises(run.Failed):
            child.finish()
        self.assertTrue(child.is_over())
        self.assertLess(time.monotonic() - began, 10)

    def test_one_that_does_not_listen_is_ended(self):
        deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True); time.sleep(60)"
        child = self.child([], deaf)
        while not list(child.events()):
            time.sleep(0.05)
        run.PATIENCE_S = 0.5
        child.stop()
        with self.assertRaises(run.Failed):
            child.finish()


class Screens(unittest.TestCase):
    def setUp(self):
        self.screen = screen.Screen()
        host, port = self.screen.address.split(":")
        self.assertEqual(host, "127.0.0.1")
        self.address = (host, int(port))
        self.sender = socket.create_connection(self.address)

    def tearDown(self):
        self.sender.close()
        self.screen.close()

    def patches(self, count):
        return [self.screen.patches.get(timeout=5) for _ in range(count)]

    def test_a_rectangle_comes_as_it_was_sent_however_it_lies(self):
        values = [float(at) for at in range(2 * 3 * 4)]
        create = packet(4, b"\0name\0" + struct.pack("<3I", 8, 8, 4) + b"R\0G\0B\0A\0")
        self.sender.sendall(create + update(1, 2, 2, 3, values) + update(1, 2, 2, 3, values, planar=True) + packet(2, b"name\0"))
        for patch in self.patches(2):
            self.assertEqual((patch.x, patch.y, patch.width, patch.height), (1, 2, 2, 3))
            self.assertEqual(list(patch.rgba), values)

    def test_what_a_sender_left_behind_is_read(self):
        self.sender.sendall(b"".join(update(0, 0, 64, 64, [0.5] * (4 * 64 * 64)) for _ in range(50)))
        self.sender.close()
        self.assertEqual(len(list(self.screen.rest())), 50)

    def test_channels_are_known_by_their_names(self):
        self.sender.sendall(update(0, 0, 1, 1, [4.0, 3.0, 9.0, 2.0, 1.0], (b"A", b"B", b"samples.N", b"G", b"R")))
        self.assertEqual(list(self.patches(1)[0].rgba), [1.0, 2.0, 3.0, 4.0])

    def test_nonsense_ends_that_connection_and_nothing_else(self):
        whole = update(0, 0, 2, 2, [0.0] * 16)
        few = bytearray(update(0, 0, 2, 2, [0.0] * 12))
        for nonsense in (struct.pack("<I", 3), struct.pack("<I", 1 << 30), packet(6, b"\0"), bytes(few), update(0, 0, 1, 1, [1.0], (b"R",))):
            self.sender.close()
            with socket.create_connection(self.address) as stranger:
                stranger.sendall(nonsense + b"\0" * 64)
                stranger.shutdown(socket.SHUT_WR)
                self.assertEqual(stranger.recv(1), b"")
            self.sender = socket.create_connection(self.address)
        self.sender.sendall(whole)
        self.assertEqual(len(self.patches(1)), 1)


@unittest.skipUnless(TESSERA, "TESSERA names no program")
class Relabelling(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.picture = pathlib.Path(self.folder.name) / "p.exr"
        words = ["--size", "40x30", "--spp", "1", "--exr-layout", "blender", "--layers", "beauty,depth,normal,cryptomatte"]
        self.tessera("render", str(SCENE), "-o", str(self.picture), "--direct", *words)

    def tearDown(self):
        self.folder.cleanup()

    def tessera(self, *words):
        return subprocess.run([TESSERA, *words], check=True, capture_output=True, text=True).stdout

    def names(self):
        info = json.loads(self.tessera("exr", "info", str(self.picture), "--json"))
        return [channel["name"] for channel in info["value"]["parts"][0]["channels"]]

    def test_names_change_and_pixels_stay(self):
        before = self.names()
        first = self.picture.with_name("first.exr")
        first.write_bytes(self.picture.read_bytes())
        for layer in ("L", "A layer with a name that is longer than thirty one bytes"):
            self.picture.write_bytes(first.read_bytes())
            relabel.for_blender(self.picture, layer)
            self.assertEqual(self.names(), [name.replace("ViewLayer", layer, 1) for name in before])
            self.tessera("exr", "diff", str(first), str(self.picture), "--max-rel-mse", "0")

    def test_names_are_utf8_as_blender_looks_for_them(self):
        relabel.for_blender(self.picture, "Käse")
        self.assertIn("Käse.Combined.R".encode("utf-8") + b"\0", self.picture.read_bytes())

    def test_the_name_that_it_has_leaves_the_bytes_alone(self):
        was = self.picture.read_bytes()
        self.assertEqual(relabel.relabelled(was, "ViewLayer"), was)

    def test_another_file_is_refused(self):
        self.picture.write_bytes(b"no picture")
        with self.assertRaisesRegex(ValueError, "no OpenEXR"):
            relabel.for_blender(self.picture, "L")


if __name__ == "__main__":
    unittest.main()
