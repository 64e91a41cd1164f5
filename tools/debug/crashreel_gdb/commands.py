"""The command `reel` of gdb: what a person types, checked, and done with a Reel."""

import gdb

from .telling import diff, show_inputs, tell, watched

WINDOW = 10  # inputs to either side that `reel inputs` shows


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
    def __init__(self, reel, name, run, text):
        self.__doc__ = text
        self.reel = reel
        self.run = run
        super().__init__("reel " + name, gdb.COMMAND_RUNNING, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        try:
            self.run(self.reel, argument.strip())
        except gdb.error as trouble:
            raise gdb.GdbError(str(trouble)) from None


def run_inputs(reel, argument):
    words = argument.split()
    what = "`reel inputs [FROM TO]`"
    if len(words) == 2:
        return show_inputs(reel, number_of(words[0], what), number_of(words[1], what))
    if words:
        raise gdb.GdbError("two numbers or none: " + what)
    here = reel.line.ask("at")["input"] if reel.has_instance() else 1
    return show_inputs(reel, max(here - WINDOW, 1), here + WINDOW)


def run_goto(reel, argument):
    words = argument.split()
    what = "`reel goto K [fresh]`"
    if len(words) not in (1, 2) or words[1:] not in ([], ["fresh"]):
        raise gdb.GdbError("a number is wanted: " + what)
    tell(reel, reel.goto(number_of(words[0], what), fresh=len(words) == 2))


def run_next(reel, argument):
    if argument:
        raise gdb.GdbError("`reel next` takes no argument; `reel goto K` goes further")
    if gdb.selected_inferior().pid == 0:
        raise gdb.GdbError("the program does not run; `reel goto K` runs it to an input")
    reel.next()


def run_back(reel, argument):
    if argument:
        raise gdb.GdbError("`reel back` takes no argument; `reel goto K` goes further")
    # Amid an input, which is behind it as far as it was taken, that is this input's beginning.
    number = reel.line.ask("at")["input"] - 1
    if number < 1:
        raise gdb.GdbError("this is the first input")
    tell(reel, reel.goto(number))


def run_diff(reel, argument):
    words = argument.split(None, 2)
    what = "`reel diff K L [EXPRESSION]`"
    if len(words) < 2:
        raise gdb.GdbError("two numbers are wanted: " + what)
    expressions = words[2:] or watched()
    if not expressions:
        raise gdb.GdbError("nothing is watched; say what to compare: " + what)
    diff(reel, number_of(words[0], what), number_of(words[1], what), expressions)


def run_until(reel, argument):
    if not argument:
        raise gdb.GdbError("an expression is wanted: `reel until EXPRESSION`")
    if gdb.selected_inferior().pid == 0:
        raise gdb.GdbError("the program does not run; `reel goto K` runs it to an input")
    reel.go_until(argument)


COMMANDS = (
    ("inputs", run_inputs, "Show inputs around this one: reel inputs [FROM TO]"),
    (
        "goto",
        run_goto,
        """Have another instance stand before input K: reel goto K [fresh]

It gets there by itself, from a checkpoint where there is one; breakpoints on the way are passed
over, and stay. `fresh`: from the start, with all threads.""",
    ),
    (
        "next",
        run_next,
        "Go on until the program has taken this input, or a breakpoint is hit: reel next",
    ),
    (
        "back",
        run_back,
        """Have another instance stand before the input before: reel back

Amid an input, before that one.""",
    ),
    (
        "diff",
        run_diff,
        """Compare what an expression is before inputs K and L: reel diff K L [EXPRESSION]

Without one, all expressions that have a watchpoint. Another instance then stands before L.""",
    ),
    (
        "until",
        run_until,
        """Go on to the first input after which an expression holds: reel until EXPRESSION

It is looked at after each input, from this one on; breakpoints are honoured.""",
    ),
)


def add_commands(reel):
    ReelCommand()
    for name, run, text in COMMANDS:
        SubCommand(reel, name, run, text)
