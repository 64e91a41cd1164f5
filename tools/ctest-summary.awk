# What did a run of ctest come to? Reads what `ctest --output-junit` wrote.
#
#   awk [-v outputs=FILE] -f tools/ctest-summary.awk junit.xml
#
# Prints "failed NAME" and "skipped NAME: reason" lines and, last, the counts "P F S" (passed,
# failed, skipped). A test of ctest's that runs several of GoogleTest's counts as these. A test that was
# skipped without a reason, disabled or never built counts as failed: nobody would notice that it no
# longer runs; so does a program that ended before it had run all that it began with. What failed tests
# printed goes into FILE, at most 150 lines each: of many in one program only what those printed that failed.

function plain(text) {
  gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text)
  gsub(/&amp;/, "\\&", text)
  return text
}

# The value of an attribute in a tag.
function attribute(tag, key,   at) {
  at = index(tag, " " key "=\"")
  if (at == 0) return ""
  tag = substr(tag, at + length(key) + 3)
  return plain(substr(tag, 1, index(tag, "\"") - 1))
}

function join(text, line) { return text == "" ? line : text " " line }

# "[ WORD ] Suite.Name, where … (3 ms)": the name.
function test_name(line) {
  line = substr(line, 14)
  sub(/ \([0-9]+ ms\)$/, "", line)
  sub(/, where .*$/, "", line)
  return plain(line)
}

function skip(who, why) {
  if (why == "") { failed++; print "failed " who ": skipped without a reason" }
  else { skipped++; print "skipped " who ": " why }
}

function fail(who, why) { failed++; print "failed " who (why == "" ? "" : ": " why) }

function keep_output(   i) {
  if (outputs == "") return
  print "---- " name > outputs
  for (i = 1; i <= lines; i++) print output[i] > outputs
}

# One of GoogleTest's has ended, in a program that runs many.
function count_inner(line) {
  if (line ~ /^\[       OK \]/) inner_passed++
  else if (line ~ /^\[  SKIPPED \]/) skip(begun == 1 ? name : test_name(line), reason)
  else { inner_failed++; fail(begun == 1 ? name : test_name(line)) }
  ended++
  if (line !~ /^\[  FAILED  \]/) lines = lines_before
  running = ""; reason = ""; said = 0
}

/<testcase / {
  name = attribute($0, "name"); status = attribute($0, "status")
  reason = ""; last = ""; in_reason = 0; said = 0; missing = 0; lines = 0
  begun = -1; lines_before = 0; ended = 0; inner_passed = 0; inner_failed = 0; running = ""
}

/<skipped / && /Unable to find executable/ { missing = 1 }

# GoogleTest says "file:line: Skipped", the reason in any number of lines, "[  SKIPPED ] Name".
# Of other programs the last line that they printed is the reason.
{
  line = $0
  sub(/^.*<system-out>/, "", line); sub(/<\/system-out>.*$/, "", line)
  # Behind what a test wrote without an end of the line.
  if (match(line, /\[(       OK |  SKIPPED |  FAILED  )\] [^ ]+\.[^ ]+.* \([0-9]+ ms\)$/)) line = substr(line, RSTART)
  if (line ~ /^\[==========\] Running [0-9]+ tests?/) { split(line, word, " "); begun = word[3] }
  if (line ~ /^\[ RUN      \]/) { running = test_name(line); lines_before = lines }
  if (line ~ /^\[  SKIPPED \]/) in_reason = 0
  else if (in_reason && line != "") reason = join(reason, plain(line))
  if (line ~ /: Skipped$/ && !said) { in_reason = 1; said = 1 }
  if (begun > 0 && line ~ /^\[(       OK |  SKIPPED |  FAILED  )\] .* \([0-9]+ ms\)$/) count_inner(line)
  if (lines < 150 && line !~ /^\t+<\/?(testcase|failure|skipped)/) output[++lines] = plain(line)
  if (line != "" && line !~ /^[ \t]*<\/?[a-z]/) last = plain(line)
}

/<\/testcase>/ {
  if (begun > 0) {
    passed += inner_passed
    if (ended < begun && begun == 1) fail(name)
    else if (ended < begun) fail(running == "" ? name : running, ended " of " begun " tests of " name " had ended")
    else if (status == "fail" && inner_failed == 0) fail(name, "after its tests")
    if (status == "fail" || ended < begun) keep_output()
  } else if (begun == 0) fail(name, "has no test to run")
  else if (status == "run") passed++
  else if (status == "notrun" && !missing) {
    if (!said) reason = last
    skip(name, reason)
  } else {
    fail(name, missing ? "was not built" : status == "disabled" ? "is disabled" : "")
    keep_output()
  }
}

END { print passed + 0, failed + 0, skipped + 0 }
