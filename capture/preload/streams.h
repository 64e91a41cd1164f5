// How is what stdio reads from a session seen?
//
// stdio reads inside libc, past every preloaded read(). So a FILE over a session is made as one
// whose reads are functions of ours (fopencookie), which read through the hooks: every call of
// stdio, those that are macros and those of the scanf family, then takes bytes that are recorded as
// they came from the descriptor. fileno(), fclose() and pclose() answer as before.
#pragma once

#include <stdio.h>

namespace crashreel {

// The same stream, recorded: `file` itself where nothing that is read from it would be an input.
// `mode` is what it was opened with.
FILE* recorded_stream(FILE* file, const char* mode);

}  // namespace crashreel
