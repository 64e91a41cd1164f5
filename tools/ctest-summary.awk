# What did a run of ctest come to? Reads what `ctest --output-junit` wrote.
#
#   awk [-v outputs=FILE] -f tools/ctest-summary.awk junit.xml
#
# Prints "failed NAME" and "skipped NAME: reason" lines and, last, the counts "P F S" (passed,
# failed, skipped). A test that was skipped without a reason, disabled or never built counts as
# failed: nobody would notice that it no longer runs. What failed tests printed goes into FILE, at most
# 150 lines each.

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

/<testcase / {
  name = attribute($0, "name"); status = attribute($0, "status")
  reason = ""; last = ""; in_reason = 0; said = 0; missing = 0; lines = 0
}

/<skipped / && /Unable to find executable/ { missing = 1 }

# GoogleTest says "file:line: Skipped", the reason in any number of lines, "[  SKIPPED ] Name".
# Of other programs the last line that they printed is the reason.
{
  line = $0
  sub(/^.*<system-out>/, "", line); sub(/<\/system-out>.*$/, "", line)
  if (line ~ /^\[  SKIPPED \]/) in_reason = 0
  else if (in_reason && line != "") reason = join(reason, plain(line))
  if (line ~ /: Skipped$/ && !said) { in_reason = 1; said = 1 }
  if (lines < 150 && line !~ /^\t+<\/?(testcase|failure|skipped)/) output[++lines] = plain(line)
  if (line != "" && line !~ /^[ \t]*<\/?[a-z]/) last = plain(line)
}

/<\/testcase>/ {
  if (status == "run") passed++
  else if (status == "notrun" && !missing) {
    if (!said) reason = last
    if (reason == "") { failed++; print "failed " name ": skipped without a reason" }
    else { skipped++; print "skipped " name ": " reason }
  } else {
    failed++
    if (outputs != "") {
      print "---- " name > outputs
      for (i = 1; i <= lines; i++) print output[i] > outputs
    }
    print "failed " name (missing ? ": was not built" : status == "disabled" ? ": is disabled" : "")
  }
}

END { print passed + 0, failed + 0, skipped + 0 }
