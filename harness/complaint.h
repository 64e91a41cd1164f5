// Why did a program end itself, in its own words?
//
// Who calls abort() mostly says why before: which assertion failed, which exception nobody caught,
// what the allocator found broken. That is a second fact beside the signal and its stack, to be
// read; it decides nothing, for programs print what they like.
#pragma once

#include <string>
#include <string_view>

namespace crashreel {

// From the last of what the program printed, the last line of that kind, without the file and line
// that an assertion lies in: "Assertion `words < 0' failed", "terminate called after throwing an
// instance of 'int'", "free(): invalid pointer". Empty: none. Hostile text; the answer is one line
// of at most 200 bytes.
std::string complaint_in(std::string_view output);

}  // namespace crashreel
