"""Where the program stands among the inputs of the reel, and how it gets elsewhere.

crashreel itself has the instances run to where they are wanted and feeds them; this asks for them,
attaches to them, and lets them go on.
"""

import gdb

from .dialogue import Line
from .stops import Hook, Hush, WatchpointsOff, choose_frame
from .telling import tell


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
        tell(self, self.hello)

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
        choose_frame()

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
        choose_frame()
        if bool(gdb.parse_and_eval(expression)):
            print("%s holds after input %d" % (expression, place["input"] - 1))
        else:
            print("%s did not hold after any input" % expression)
        tell(self, place)

    def lacked_thread(self):
        return gdb.selected_inferior().pid == 0 and self.line.ask("at")["lacked_thread"]

    def report(self, text, again):
        """What came of going on. `again`: how to get there without checkpoints."""
        if text is None:
            choose_frame()
            return tell(self, self.line.ask("at"))
        if not self.lacked_thread():
            print(text, end="")
            if self.fed and gdb.selected_inferior().pid != 0:
                if self.stopped_by is not None:
                    print("Program received signal %s" % self.stopped_by)
                gdb.execute("frame")
            return None
        self.fresh = True
        print("a thread was needed that copies of checkpoints lack: once more from the start")
        return tell(self, again()) if again is not None else None

    def has_instance(self):
        try:
            self.line.ask("at")
            return True
        except gdb.GdbError:
            return False

    # What gdb says

    def on_stop(self, event):
        self.stopped_by = getattr(event, "stop_signal", None)

    def on_going(self, _event):
        """Whatever else goes on goes on to a breakpoint or the end, and not from input to input."""
        if self.held_before is not None:
            self.line.ask("until", input=self.held_before)
            self.held_before = None
        if not self.going_to_input and self.at_boundary:
            self.at_boundary = False
            self.line.ask("on")
