// Expat as functions: a session is a document, an input is a chunk of it.
#include <expat.h>
#include <stdlib.h>

#include "adapter.h"

enum { kMostSessions = 16 };

struct instance {
  XML_Parser parsers[kMostSessions];
};

void* crashreel_adapter_start(void) {
  struct instance* self = calloc(1, sizeof *self);
  if (self == NULL) abort();
  return self;
}

void crashreel_adapter_input(void* instance, uint32_t session, uint32_t kind, const void* bytes,
                             size_t size) {
  struct instance* self = instance;
  if (session >= kMostSessions) return;
  XML_Parser* parser = &self->parsers[session];
  if (kind == CRASHREEL_INPUT_DATA) {
    if (*parser == NULL) *parser = XML_ParserCreate(NULL);
    XML_Parse(*parser, bytes, (int)size, XML_FALSE);
  }
  if (kind == CRASHREEL_INPUT_CLOSE && *parser != NULL) {
    XML_Parse(*parser, NULL, 0, XML_TRUE);
    XML_ParserFree(*parser);
    *parser = NULL;
  }
}

void crashreel_adapter_idle(void* instance, uint64_t nanoseconds) {
  (void)instance;
  (void)nanoseconds;
}

void crashreel_adapter_stop(void* instance) {
  struct instance* self = instance;
  for (int i = 0; i < kMostSessions; ++i)
    if (self->parsers[i] != NULL) XML_ParserFree(self->parsers[i]);
  free(self);
}
