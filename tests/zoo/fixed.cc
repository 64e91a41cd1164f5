// A server that is linked statically: nothing can be loaded into it. Hangs up on everybody.
//
//   fixed PORT
#include "tests/zoo/lines.h"

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  for (;;) ::close(::accept(listener, nullptr, nullptr));
}
