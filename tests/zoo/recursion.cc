// Reads lines from its standard input; each is a folder within the one before it.
//
// The bug: LOOP makes a folder its own parent, and PATH then walks up without end. Built without
// unwind tables, as much of the world is. Known minimum (recursion.json): 2 lines, 10 bytes.
#include <cstdio>
#include <cstring>

namespace {

struct Folder {
  char name[32];
  const Folder* parent;
};

Folder folders[1000];

int print_from_top(const Folder* folder, char* out);

int print_parent(const Folder* folder, char* out) {
  char copy[64];
  std::snprintf(copy, sizeof copy, "%s", folder->name);
  const int length = print_from_top(folder->parent, out);
  return length + std::snprintf(out + length % 4096, sizeof copy, "/%s", copy);
}

int print_from_top(const Folder* folder, char* out) {
  return folder == nullptr ? 0 : print_parent(folder, out);
}

}  // namespace

int main() {
  static char path[1 << 16];
  char line[32];
  int count = 0;
  while (std::fgets(line, sizeof line, stdin) != nullptr && count < 999) {
    line[std::strcspn(line, "\n")] = '\0';
    Folder* const here = &folders[count];
    if (std::strcmp(line, "LOOP") == 0) {
      here->parent = here;
    } else if (std::strcmp(line, "PATH") == 0) {
      print_from_top(here, path);
      std::puts(path);
    } else {
      Folder* const next = &folders[++count];
      std::snprintf(next->name, sizeof next->name, "%s", line);
      next->parent = here;
    }
    std::fflush(stdout);
  }
  return 0;
}
