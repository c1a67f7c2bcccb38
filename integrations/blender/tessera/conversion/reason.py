# SPDX-License-Identifier: MIT OR Apache-2.0
"""What went wrong, in the line that says it: Blender's operators hand on whole stories, with the place in a script at their end."""


def of(fault):
    """One line for people."""
    lines = [line.strip() for line in str(fault).splitlines()]
    telling = [line for line in lines if line and not line.startswith("Location:")]
    return telling[-1] if telling else type(fault).__name__
