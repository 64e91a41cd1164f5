"""gdb's part of `crashreel debug`: the command `reel`, by which one goes from input to input.

Read by gdb at its start; what it does is in crashreel_gdb/ beside this file.
"""

import os
import sys

import gdb

sys.dont_write_bytecode = True  # an installed tree stays as it was installed
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from crashreel_gdb.commands import add_commands  # noqa: E402
from crashreel_gdb.reel import Reel  # noqa: E402

REEL = Reel()
add_commands(REEL)
gdb.events.stop.connect(REEL.on_stop)
gdb.events.cont.connect(REEL.on_going)
REEL.start()
