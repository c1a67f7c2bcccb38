# SPDX-License-Identifier: MIT OR Apache-2.0
"""An errand for a Blender of its own: a wish is read, a conversion done, what it tells written; what went wrong is the last line that is printed."""

import json
import os
import pathlib
import sys
import traceback


def run(convert):
    """Does it for the wish that the command line names behind `--`, and ends this Blender."""
    try:
        wish = json.loads(pathlib.Path(sys.argv[sys.argv.index("--") + 1]).read_text("utf-8"))
        pathlib.Path(wish["told"]).write_text(json.dumps(convert(wish)), "utf-8")
        code = 0
    except Exception as fault:  # Whatever it is, somebody waits for a sentence.
        traceback.print_exc()
        print(_reason(fault))
        code = 1
    sys.stdout.flush()
    # Nothing is left to be tidied, and a Blender that is a module was seen to hang when it does.
    os._exit(code)


def _reason(fault):
    """The line that says it: Blender's operators hand on whole stories, with the place in a script at their end."""
    lines = [line.strip() for line in str(fault).splitlines()]
    telling = [line for line in lines if line and not line.startswith("Location:")]
    return telling[-1] if telling else type(fault).__name__
