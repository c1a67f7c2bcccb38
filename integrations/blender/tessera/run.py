# SPDX-License-Identifier: GPL-3.0-or-later
"""A running `tessera`: its events as they come, and a way to end it. Nothing in here knows Blender."""

import json
import queue
import signal
import subprocess
import sys
import threading

# How long a program that was asked to end may take for keeping what is done, seconds.
PATIENCE_S = 20.0
_WINDOWS = sys.platform == "win32"
# Windows opens a console for each program that is made for one.
QUIETLY = subprocess.CREATE_NO_WINDOW if _WINDOWS else 0


class Failed(Exception):
    """It ended with an error; the text is what it said and its advice."""


class Run:
    """A child process that prints one JSON object a line. Events wait in order; its end is seen by `is_over`."""

    def __init__(self, words):
        flags = QUIETLY | (subprocess.CREATE_NEW_PROCESS_GROUP if _WINDOWS else 0)
        self._child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, creationflags=flags
        )
        self._events = queue.SimpleQueue()
        self._fault = ""
        self._talk = []
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_events, self._read_talk)]
        for reader in self._readers:
            reader.start()

    def events(self):
        """What it told since the last time, oldest first."""
        while True:
            try:
                yield self._events.get_nowait()
            except queue.Empty:
                return

    def turns(self):
        """What it told since the last turn, again and again until it has ended and everything is told. Does not wait."""
        while True:
            # Looked at first: what it told before its end is in the last turn.
            is_over = self.is_over()
            yield list(self.events())
            if is_over:
                return

    def is_over(self):
        """Whether it has ended and everything that it told can be read."""
        return self._child.poll() is not None and not any(reader.is_alive() for reader in self._readers)

    def finish(self):
        """Waits for its end. Raises Failed when that was not a good one."""
        code = self._child.wait()
        for reader in self._readers:
            reader.join()
        if code != 0:
            raise Failed(self._fault or "\n".join(self._talk[-3:]) or f"tessera ended with {code} and said nothing.")

    def stop(self):
        """Asks it to end, which keeps what is done, and ends it if it does not."""
        if self._child.poll() is not None:
            return
        self._child.send_signal(signal.CTRL_BREAK_EVENT if _WINDOWS else signal.SIGTERM)
        try:
            self._child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _read_events(self):
        with self._child.stdout as lines:
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if event.get("event") == "error":
                    self._fault = sentences(event.get("message", ""), event.get("advice", ""))
                self._events.put(event)

    def _read_talk(self):
        with self._child.stderr as lines:
            for line in lines:
                self._talk.append(line.decode("utf-8", "replace").strip())
                del self._talk[:-50]


def sentences(*parts):
    """Parts of what a program says as sentences: "what happened", "what to do" → "What happened. What to do."."""
    whole = (part.strip() for part in parts if part and part.strip())
    return " ".join(part[0].upper() + part[1:] + ("" if part[-1] in ".!?" else ".") for part in whole)


def ask(words):
    """Runs a short command to its end; its events. Raises Failed."""
    run = Run(words)
    run.finish()
    return list(run.events())
