"""How crashreel is asked: tools/debug/dialogue.h has what."""

import json
import os
import socket

import gdb


class Line:
    """Questions to crashreel, and its answers."""

    def __init__(self):
        number = os.environ.get("CRASHREEL_DEBUG")
        if number is None:
            raise gdb.GdbError("this file is read by `crashreel debug FILE.reel`, which see")
        self.socket = socket.socket(fileno=int(number))
        self.socket.set_inheritable(False)

    def ask(self, what, **more):
        self.socket.send(json.dumps({"ask": what, **more}).encode())
        answer = self.socket.recv(1 << 20)
        if not answer:
            raise gdb.GdbError("crashreel has ended; leave gdb by `quit`")
        answer = json.loads(answer)
        if "error" in answer:
            raise gdb.GdbError(answer["error"])
        return answer
