// Is this the same crash, as far as a command's ending and its words on stderr tell?
//
// For `minimize --test CMD --oracle signature`: no player, no debugger. An ending is told by its
// signal, or where there is none and a crash was printed by its status; a sanitizer's report by its
// kind and the first three functions of its stack, the first with its file and line where they are
// told, and without symbols by module and offset; an assertion, a panic or an uncaught exception by
// its text with the numbers taken out. All of stderr that differs from run to run (addresses,
// process ids, sizes) is left out.
#pragma once

#include <string>

#include "tools/pipeline/test_command.h"

namespace crashreel {

struct TestSignature {
  // Not a crash: it exited by itself, whatever the status, and no report of a crash was printed.
  bool crashed = false;
  std::string text;  // "SIGSEGV", "heap-buffer-overflow in f x.c:7 < g < main (status 1)"

  bool operator==(const TestSignature&) const = default;
};

TestSignature signature_of(const TestRun& run);

}  // namespace crashreel
