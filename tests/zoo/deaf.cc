// Waits for ever, and never listens.
#include <unistd.h>

int main() {
  for (;;) ::pause();
}
