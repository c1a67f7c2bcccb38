# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the program `tessera` is. Nothing in here knows Blender."""

import os
import pathlib
import shutil
import sys

NAME = "tessera.exe" if sys.platform == "win32" else "tessera"


class NotFound(Exception):
    """There is no program where it was looked for; the text is for people."""


def find(asked=""):
    """The program's path: `asked` if that is one, else the first of PATH and of the places where installers put it.

    Raises NotFound.
    """
    if asked:
        path = pathlib.Path(asked).expanduser()
        path = path / NAME if path.is_dir() else path
        if not _can_run(path):
            raise NotFound(f"There is no program at {path}. Correct its path in the add-on's preferences.")
        return path
    on_path = shutil.which(NAME)
    if on_path:
        return pathlib.Path(on_path)
    for place in _usual_places():
        if _can_run(place / NAME):
            return place / NAME
    raise NotFound("The program tessera was not found. Install Tessera, or name its path in the add-on's preferences.")


def _can_run(path):
    return path.is_file() and os.access(path, os.X_OK)


def _usual_places():
    home = pathlib.Path.home()
    if sys.platform == "win32":
        roots = [os.environ.get(name) for name in ("LOCALAPPDATA", "ProgramFiles")]
        return [pathlib.Path(root) / "Tessera" for root in roots if root]
    if sys.platform == "darwin":
        apps = [pathlib.Path("/Applications"), home / "Applications"]
        return [app / "Tessera.app/Contents/MacOS" for app in apps] + [pathlib.Path("/opt/homebrew/bin")]
    return [pathlib.Path(place) for place in ("/usr/bin", "/usr/local/bin", "/usr/lib/tessera")] + [home / ".cargo/bin", home / ".local/bin"]
