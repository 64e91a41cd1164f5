// What becomes of a program that has a sanitizer in it?
//
// A sanitizer finds what is broken before it breaks something, so a build with one is an early
// witness. But left alone it ends the program by an exit like any other, takes leaks at the end for
// a finding, and refuses to start where another library was loaded first. Here is what a try does
// about each of these, and how it reads the report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crashreel {

// The library that must be loaded before all others ("libasan.so.8"); empty: there is none.
std::string first_library_of(const std::string& executable);

// As a library of its own, or as a part of the program, which then offers what all sanitizers do.
bool has_sanitizer(const std::string& executable);

// Adds to the environment ("NAME=value") of such a program that a finding ends it by SIGABRT, so
// that it is known which input was in flight. What is said there already stands, where it does not
// contradict. Leaks at the end are findings where they are sought.
void make_findings_fatal(std::vector<std::string>& env, bool seeks_leaks = false);

// Of a finding, or a whole report: that memory was lost. And who had asked for it, as far as that
// is known.
bool tells_of_leak(std::string_view text);
std::string leaking_function(std::string_view finding);

// From the last of what the program printed: "AddressSanitizer: heap-buffer-overflow in store".
// Where the summary names no function (UndefinedBehaviorSanitizer, LeakSanitizer) the report's
// first does. Empty: no report ends there. Hostile text; the answer is one line of at most 200
// bytes.
std::string finding_in(std::string_view output);

}  // namespace crashreel
