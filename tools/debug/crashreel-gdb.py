"""gdb's part of `crashreel debug`: the command `reel`, by which one goes from input to input.

crashreel itself has the instances run to where they are wanted and feeds them; this asks for them
over a socket (tools/debug/dialogue.h), attaches to them, and tells what gdb sees. The player calls
crashreel_before_input() before each input at which it is to stop: there is a breakpoint of ours.
"""

import difflib
import json
import os
import socket

import gdb

HOOK = "crashreel_before_input"
# Frames that are not the program's: the player's, and what a function's main() has of it.
OURS = ("libcrashreel-player.so",)
WINDOW = 10  # inputs to either side that `reel inputs` shows


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


class Reel:
    def __init__(self):
        self.line = Line()
        hello = self.line.ask("hello")
        self.inputs = hello["inputs"]
        self.fed = hello["fed"]
        self.hook = None
        self.until = None  # an expression that is waited for
        self.at_boundary = False
        self.stopped_by = None  # a signal's name
        self.going_to_input = False
        self.held_before = None
        self.has_threads = False
        self.fresh = False  # copies of checkpoints have been found to lack threads
        self.hello = hello

    # Arriving

    def start(self):
        """Takes hold of the instance that crashreel has made first."""
        # A stop of ours, not a signal that the program is to get.
        gdb.execute("handle SIGSTOP stop print nopass", to_string=True)
        self.take(self.hello)
        self.tell(self.hello)

    def goto(self, number, fresh=False):
        """Another instance, standing before this input."""
        self.let_fall()
        place = self.line.ask("go", input=number, fresh=fresh or self.fresh)
        self.take(place)
        return place

    def let_fall(self):
        self.at_boundary = False  # what gdb has go on from here to the next boundary is not for it
        if gdb.selected_inferior().pid != 0:
            gdb.execute("with confirm off -- kill", to_string=True)

    def take(self, place):
        with Hush(not self.hello["machine_interface"]):
            gdb.execute("with confirm off -- attach %d" % place["pid"], to_string=True)
        if not self.fed:
            if self.hook is None:
                self.hook = Hook(self)
            # It waits, and is let go once gdb has its breakpoints in place.
            self.held_before = place["input"]
            with WatchpointsOff():
                self.resume()
        else:
            self.at_boundary = True
        if not place["resumed"]:
            self.has_threads = len(gdb.selected_inferior().threads()) > 1
        self.choose_frame()

    def choose_frame(self):
        """The innermost frame that is the program's."""
        try:
            frame = gdb.newest_frame()
            while frame is not None and self.is_ours(frame):
                frame = frame.older()
            if frame is not None:
                frame.select()
        except gdb.error:
            pass  # no frames that gdb can read

    @staticmethod
    def is_ours(frame):
        library = gdb.solib_name(frame.pc()) or ""
        name = frame.name() or ""
        return library.endswith(OURS) or name == HOOK or name.startswith("crashreel::player::")

    # Going on

    def resume(self):
        """Continues; returns what gdb said of a stop that is not ours, else nothing."""
        self.at_boundary = False
        self.going_to_input = True
        try:
            with Hush(self.fed and not self.hello["machine_interface"]):
                text = gdb.execute("continue", to_string=True)
        finally:
            self.going_to_input = False
        if self.fed and self.stopped_by_us():
            self.at_boundary = True
        if self.at_boundary:
            return None
        return text

    def stopped_by_us(self):
        """A program that is fed is stopped by a signal, once it waits for the input."""
        return gdb.selected_inferior().pid != 0 and self.stopped_by == "SIGSTOP"

    def wants_to_stop(self):
        """Asked at each call of the hook, while everything stands."""
        place = self.line.ask("at")
        if place["between"]:
            return False
        at_end = place["input"] > self.inputs
        if self.until is not None and not at_end and not self.holds():
            return False
        self.at_boundary = True
        return True

    def holds(self):
        try:
            return bool(gdb.parse_and_eval(self.until))
        except gdb.error:
            return False  # it has no value yet, as what is behind a null pointer

    def next(self):
        here = self.line.ask("at")["input"]
        if here > self.inputs:
            raise gdb.GdbError("this is the end: behind the last input")
        self.line.ask("until", input=here + 1)
        self.report(self.resume(), lambda: self.goto(here + 1))

    def go_until(self, expression):
        gdb.parse_and_eval(expression)  # nonsense is told at once
        if self.fed:
            return self.go_until_fed(expression)
        here = self.line.ask("at")["input"]
        if here > self.inputs:
            raise gdb.GdbError("this is the end: behind the last input")
        self.line.ask("until", input=here + 1)
        self.until = expression
        try:
            text = self.resume()
            if text is not None and self.lacked_thread():
                self.goto(self.line.ask("at")["input"])
                return self.go_until(expression)
        finally:
            self.until = None
        self.tell_until(text, expression)

    def go_until_fed(self, expression):
        self.until = expression
        text = None
        try:
            while text is None:
                here = self.line.ask("at")["input"]
                if here > self.inputs:
                    break
                self.line.ask("until", input=here + 1)
                text = self.resume()
                if text is None and self.holds():
                    break
        finally:
            self.until = None
        self.tell_until(text, expression)

    def tell_until(self, text, expression):
        if text is not None:
            return self.report(text, None)
        place = self.line.ask("at")
        self.choose_frame()
        if bool(gdb.parse_and_eval(expression)):
            print("%s holds after input %d" % (expression, place["input"] - 1))
        else:
            print("%s did not hold after any input" % expression)
        self.tell(place)

    def lacked_thread(self):
        return gdb.selected_inferior().pid == 0 and self.line.ask("at")["lacked_thread"]

    def report(self, text, again):
        """What came of going on. `again`: how to get there without checkpoints."""
        if text is None:
            self.choose_frame()
            return self.tell(self.line.ask("at"))
        if not self.lacked_thread():
            print(text, end="")
            if self.fed and gdb.selected_inferior().pid != 0:
                if self.stopped_by is not None:
                    print("Program received signal %s" % self.stopped_by)
                gdb.execute("frame")
            return None
        self.fresh = True
        print("a thread was needed that copies of checkpoints lack: once more from the start")
        return self.tell(again()) if again is not None else None

    # Telling

    def tell(self, place):
        if place["row"]:
            print("before input %d of %d:\n%s" % (place["input"], self.inputs, place["row"]))
        else:
            print("at the end, behind the last of %d inputs" % self.inputs)
        if place.get("resumed") and not self.has_threads:
            print("from a checkpoint before input %d" % place["resumed"])
        elif place.get("resumed"):
            print(
                "from a checkpoint before input %d: other threads than this one, which wait "
                "there, are not copied; `reel goto %d fresh` has them"
                % (place["resumed"], place["input"])
            )

    def show_inputs(self, first, last):
        here = self.line.ask("at")["input"] if self.has_instance() else 0
        answer = self.line.ask("inputs", **{"from": first, "to": last})
        print("  " + answer["head"])
        for number, row in enumerate(answer["rows"], max(first, 1)):
            print(("> " if number == here else "  ") + row)
        if answer["left_out"]:
            print("and more: `reel inputs FROM TO` shows others")

    def has_instance(self):
        try:
            self.line.ask("at")
            return True
        except gdb.GdbError:
            return False

    def diff(self, one, other, expressions):
        values = []
        for number in (one, other):
            place = self.goto(number)
            values.append([text_of(expression) for expression in expressions])
        for expression, before, after in zip(expressions, *values):
            print_change(expression, before, after)
        self.tell(place)


def text_of(expression):
    try:
        return gdb.parse_and_eval(expression).format_string(max_elements=1000)
    except gdb.error as trouble:
        return "no value (%s)" % trouble


def print_change(expression, before, after):
    if before == after:
        print("%s: unchanged, %s" % (expression, before))
    elif "\n" not in before + after:
        print("%s: %s -> %s" % (expression, before, after))
    else:
        print("%s:" % expression)
        lines = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=1)
        print("\n".join("  " + line for line in list(lines)[2:]))


def watched():
    """The expressions that have a watchpoint."""
    return [each.expression for each in gdb.breakpoints() if each.expression is not None]


def number_of(word, what):
    try:
        return int(gdb.parse_and_eval(word))
    except (gdb.error, ValueError):
        raise gdb.GdbError("`%s` is no input's number; %s" % (word, what)) from None


class ReelCommand(gdb.Command):
    """Go from input to input of the reel.

The program stands before an input when it has taken all that came before and waits for more."""

    def __init__(self):
        super().__init__("reel", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE, True)


class SubCommand(gdb.Command):
    def __init__(self, name, run, text):
        self.__doc__ = text
        self.run = run
        super().__init__("reel " + name, gdb.COMMAND_RUNNING, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        try:
            self.run(argument.strip())
        except gdb.error as trouble:
            raise gdb.GdbError(str(trouble)) from None


def run_inputs(argument):
    words = argument.split()
    what = "`reel inputs [FROM TO]`"
    if len(words) == 2:
        return REEL.show_inputs(number_of(words[0], what), number_of(words[1], what))
    if words:
        raise gdb.GdbError("two numbers or none: " + what)
    here = REEL.line.ask("at")["input"] if REEL.has_instance() else 1
    return REEL.show_inputs(max(here - WINDOW, 1), here + WINDOW)


def run_goto(argument):
    words = argument.split()
    what = "`reel goto K [fresh]`"
    if len(words) not in (1, 2) or words[1:] not in ([], ["fresh"]):
        raise gdb.GdbError("a number is wanted: " + what)
    REEL.tell(REEL.goto(number_of(words[0], what), fresh=len(words) == 2))


def run_next(argument):
    if argument:
        raise gdb.GdbError("`reel next` takes no argument; `reel goto K` goes further")
    if gdb.selected_inferior().pid == 0:
        raise gdb.GdbError("the program does not run; `reel goto K` runs it to an input")
    REEL.next()


def run_back(argument):
    if argument:
        raise gdb.GdbError("`reel back` takes no argument; `reel goto K` goes further")
    # Amid an input, which is behind it as far as it was taken, that is this input's beginning.
    number = REEL.line.ask("at")["input"] - 1
    if number < 1:
        raise gdb.GdbError("this is the first input")
    REEL.tell(REEL.goto(number))


def run_diff(argument):
    words = argument.split(None, 2)
    what = "`reel diff K L [EXPRESSION]`"
    if len(words) < 2:
        raise gdb.GdbError("two numbers are wanted: " + what)
    expressions = words[2:] or watched()
    if not expressions:
        raise gdb.GdbError("nothing is watched; say what to compare: " + what)
    REEL.diff(number_of(words[0], what), number_of(words[1], what), expressions)


def run_until(argument):
    if not argument:
        raise gdb.GdbError("an expression is wanted: `reel until EXPRESSION`")
    if gdb.selected_inferior().pid == 0:
        raise gdb.GdbError("the program does not run; `reel goto K` runs it to an input")
    REEL.go_until(argument)


def on_stop(event):
    REEL.stopped_by = getattr(event, "stop_signal", None)


def on_going(_event):
    """Whatever else goes on goes on to a breakpoint or the end, and not from input to input."""
    if REEL.held_before is not None:
        REEL.line.ask("until", input=REEL.held_before)
        REEL.held_before = None
    if not REEL.going_to_input and REEL.at_boundary:
        REEL.at_boundary = False
        REEL.line.ask("on")


ReelCommand()
SubCommand("inputs", run_inputs, "Show inputs around this one: reel inputs [FROM TO]")
SubCommand(
    "goto",
    run_goto,
    """Have another instance stand before input K: reel goto K [fresh]

It gets there by itself, from a checkpoint where there is one; breakpoints on the way are passed
over, and stay. `fresh`: from the start, with all threads.""",
)
SubCommand(
    "next",
    run_next,
    "Go on until the program has taken this input, or a breakpoint is hit: reel next",
)
SubCommand(
    "back",
    run_back,
    """Have another instance stand before the input before: reel back

Amid an input, before that one.""",
)
SubCommand(
    "diff",
    run_diff,
    """Compare what an expression is before inputs K and L: reel diff K L [EXPRESSION]

Without one, all expressions that have a watchpoint. Another instance then stands before L.""",
)
SubCommand(
    "until",
    run_until,
    """Go on to the first input after which an expression holds: reel until EXPRESSION

It is looked at after each input, from this one on; breakpoints are honoured.""",
)

REEL = Reel()
gdb.events.stop.connect(on_stop)
gdb.events.cont.connect(on_going)
REEL.start()
