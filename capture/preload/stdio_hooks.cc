// The stdio calls that hand over bytes of a descriptor which is watched. What stdio fetches for
// itself is read inside libc, unseen, and may be more than the program ever asks for.
#include <stdio.h>

#include "capture/preload/hooks.h"
#include "capture/preload/sessions.h"

extern "C" {
// What FORTIFY_SOURCE makes of fread.
std::size_t __fread_chk(void* bytes, std::size_t capacity, std::size_t size, std::size_t count,
                        FILE* file);
std::size_t __fread_unlocked_chk(void* bytes, std::size_t capacity, std::size_t size,
                                 std::size_t count, FILE* file);
}

namespace crashreel {

void prepare_stdio_hooks() {
  CRASHREEL_REAL(fread);
  CRASHREEL_REAL(fread_unlocked);
  CRASHREEL_REAL(__fread_chk);
  CRASHREEL_REAL(__fread_unlocked_chk);
  CRASHREEL_REAL(fgetc);
  CRASHREEL_REAL(getc);
}

namespace {

// Of an item that was read in part the last bytes are not known to the caller either.
std::size_t noted_items(FILE* file, const void* bytes, std::size_t size, std::size_t items) {
  if (items != 0) stdio_read(file, bytes, size * items);
  return items;
}

int noted_character(FILE* file, int character) {
  const auto byte = static_cast<unsigned char>(character);
  if (character != EOF) stdio_read(file, &byte, 1);
  return character;
}

}  // namespace
}  // namespace crashreel

CRASHREEL_HOOK std::size_t fread(void* bytes, std::size_t size, std::size_t count, FILE* file) {
  return crashreel::noted_items(file, bytes, size, CRASHREEL_REAL(fread)(bytes, size, count, file));
}

CRASHREEL_HOOK std::size_t fread_unlocked(void* bytes, std::size_t size, std::size_t count,
                                          FILE* file) {
  return crashreel::noted_items(file, bytes, size,
                                CRASHREEL_REAL(fread_unlocked)(bytes, size, count, file));
}

CRASHREEL_HOOK std::size_t __fread_chk(void* bytes, std::size_t capacity, std::size_t size,
                                       std::size_t count, FILE* file) {
  return crashreel::noted_items(file, bytes, size,
                                CRASHREEL_REAL(__fread_chk)(bytes, capacity, size, count, file));
}

CRASHREEL_HOOK std::size_t __fread_unlocked_chk(void* bytes, std::size_t capacity, std::size_t size,
                                                std::size_t count, FILE* file) {
  return crashreel::noted_items(
      file, bytes, size, CRASHREEL_REAL(__fread_unlocked_chk)(bytes, capacity, size, count, file));
}

CRASHREEL_HOOK int fgetc(FILE* file) {
  return crashreel::noted_character(file, CRASHREEL_REAL(fgetc)(file));
}

CRASHREEL_HOOK int getc(FILE* file) {
  return crashreel::noted_character(file, CRASHREEL_REAL(getc)(file));
}
