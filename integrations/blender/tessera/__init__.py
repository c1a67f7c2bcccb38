# SPDX-License-Identifier: GPL-3.0-or-later
"""Tessera in Blender: a render engine, and a way to send scenes to the network.

`engine.py` renders, `send.py` sends, both by way of the program `tessera` alone; `handover.py` and `conversion/` make glTF of a scene.
`order.py`, `program.py`, `run.py`, `screen.py` and `relabel.py` know nothing of Blender.
"""

import bpy

from . import engine, panels, send, settings

_CLASSES = (settings.TesseraPreferences, settings.TesseraSettings, engine.TesseraEngine, *send.CLASSES, *panels.CLASSES)


def register():
    for kind in _CLASSES:
        bpy.utils.register_class(kind)
    settings.register()
    engine.register()


def unregister():
    engine.unregister()
    settings.unregister()
    for kind in reversed(_CLASSES):
        bpy.utils.unregister_class(kind)
