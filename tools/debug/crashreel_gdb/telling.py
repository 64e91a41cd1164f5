"""What is told of where the program stands, and of what changed between two places."""

import difflib

import gdb


def tell(reel, place):
    if place["row"]:
        print("before input %d of %d:\n%s" % (place["input"], reel.inputs, place["row"]))
    else:
        print("at the end, behind the last of %d inputs" % reel.inputs)
    if place.get("resumed") and not reel.has_threads:
        print("from a checkpoint before input %d" % place["resumed"])
    elif place.get("resumed"):
        print(
            "from a checkpoint before input %d: other threads than this one, which wait "
            "there, are not copied; `reel goto %d fresh` has them"
            % (place["resumed"], place["input"])
        )


def show_inputs(reel, first, last):
    here = reel.line.ask("at")["input"] if reel.has_instance() else 0
    answer = reel.line.ask("inputs", **{"from": first, "to": last})
    print("  " + answer["head"])
    for number, row in enumerate(answer["rows"], max(first, 1)):
        print(("> " if number == here else "  ") + row)
    if answer["left_out"]:
        print("and more: `reel inputs FROM TO` shows others")


def diff(reel, one, other, expressions):
    """What has changed between two inputs; the program then stands before the other one."""
    values = []
    for number in (one, other):
        place = reel.goto(number)
        values.append([text_of(expression) for expression in expressions])
    for expression, before, after in zip(expressions, *values):
        print_change(expression, before, after)
    tell(reel, place)


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
