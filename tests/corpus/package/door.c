// A door that must not be locked while it stands open; and whoever peeps through it looks a byte
// too far.
#include <stdlib.h>
#include <string.h>

#include "adapter.h"

static int is_open;

static int is(const char* word, const void* bytes, size_t size) {
  return size == strlen(word) && memcmp(bytes, word, size) == 0;
}

void* crashreel_adapter_start(void) {
  is_open = 0;
  return NULL;
}

void crashreel_adapter_input(void* instance, uint32_t session, uint32_t kind, const void* bytes,
                             size_t size) {
  (void)instance;
  (void)session;
  if (kind != CRASHREEL_INPUT_DATA) return;
  if (is("open", bytes, size)) is_open = 1;
  if (is("peep", bytes, size)) is_open |= ((const char*)bytes)[size];
  if (is("lock", bytes, size) && is_open) abort();
}

void crashreel_adapter_idle(void* instance, uint64_t nanoseconds) {
  (void)instance;
  (void)nanoseconds;
}

void crashreel_adapter_stop(void* instance) {
  (void)instance;
}
