// Expat as somebody who knows libFuzzer writes it: the input is a document. With the same limits as
// tests/corpus/adapters/expat.c.
#include <expat.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  XML_Parser parser = XML_ParserCreate(NULL);
  XML_Parse(parser, (const char*)data, (int)size, XML_FALSE);
  XML_ParserFree(parser);
  return 0;
}
