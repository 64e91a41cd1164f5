"""What stops the program before an input, and what is kept quiet meanwhile.

The player calls crashreel_before_input() before each input at which it is to stop: there is a
breakpoint of ours.
"""

import os

import gdb

HOOK = "crashreel_before_input"
# Frames that are not the program's: the player's, and what a function's main() has of it.
OURS = ("libcrashreel-player.so",)


class Hush:
    """Keeps gdb from telling where it stopped: attaching prints that wherever output is caught."""

    def __init__(self, wanted):
        self.wanted = wanted

    def __enter__(self):
        if self.wanted:
            gdb.flush()
            self.kept = os.dup(1)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.close(nowhere)

    def __exit__(self, *_):
        if self.wanted:
            gdb.flush()
            os.dup2(self.kept, 1)
            os.close(self.kept)


class WatchpointsOff:
    """What they watch has changed with the instance, which is no event of the program's."""

    def __enter__(self):
        self.off = [each for each in gdb.breakpoints() if each.expression and each.enabled]
        for each in self.off:
            each.enabled = False

    def __exit__(self, *_):
        for each in self.off:
            each.enabled = True


class Hook(gdb.Breakpoint):
    """Stops before an input, unless somebody waits for another one."""

    def __init__(self, reel):
        super().__init__(HOOK, internal=True)
        self.silent = True
        self.reel = reel

    def stop(self):
        return self.reel.wants_to_stop()


def is_ours(frame):
    library = gdb.solib_name(frame.pc()) or ""
    name = frame.name() or ""
    return library.endswith(OURS) or name == HOOK or name.startswith("crashreel::player::")


def choose_frame():
    """The innermost frame that is the program's."""
    try:
        frame = gdb.newest_frame()
        while frame is not None and is_ours(frame):
            frame = frame.older()
        if frame is not None:
            frame.select()
    except gdb.error:
        pass  # no frames that gdb can read
