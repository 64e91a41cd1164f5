// Is this the same crash, as far as a command's ending and its words on stderr tell?
//
// For `minimize --test CMD --oracle signature`: no player, no debugger. A signal is told by its
// number, a sanitizer's report by its kind and the first three functions of its stack, an assertion
// or an uncaught exception by its text with the numbers taken out.
#pragma once

#include <string>

#include "tools/pipeline/test_command.h"

namespace crashreel {

struct TestSignature {
  // Not a crash: it exited by itself, whatever the status, and no report of a crash was printed.
  bool crashed = false;
  std::string text;  // "SIGSEGV", "heap-buffer-overflow in f < g < main", "Assertion `n' failed"

  bool operator==(const TestSignature&) const = default;
};

TestSignature signature_of(const TestRun& run);

}  // namespace crashreel
