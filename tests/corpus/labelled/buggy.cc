// Ten bugs in one program, some in functions that they share; reads one command a line from
// standard input. For the labelled set (README.md): built by several compilers, it stands for one
// program on several machines.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#define KEPT __attribute__((noinline))  // as functions of real size are kept by a compiler

namespace {

volatile int sink = 0;
volatile int zero = 0;

struct Item {
  char* text = nullptr;
  Item* next = nullptr;
};

std::map<std::string, Item*> items;

// Shared by several bugs: dies of whatever it is given.
KEPT void copy_text(char* to, const char* from) {
  for (volatile const char* at = from; *at != 0; ++at) *to++ = *at;
  *to = 0;
}

KEPT void fail(const char* what) {
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

KEPT std::size_t length_of(const Item* item) {
  const std::size_t length = std::strlen(item->text);
  sink = 1;  // here and below: real functions seldom end with the call that dies
  return length;
}

KEPT void print_item(const std::string& name) {
  char room[256];
  copy_text(room, items[name]->text);
  std::puts(room);
}

KEPT void rename_item(const std::string& name) {
  char room[256];
  copy_text(room, reinterpret_cast<const char*>(0x10));
  items[room] = items[name];
}

KEPT void log_item(const std::string& name) {
  copy_text(nullptr, name.c_str());
  sink = 1;
}

KEPT void measure_item(const std::string& name) {
  sink = static_cast<int>(length_of(items[name]));
}

KEPT void compare_items(const std::string& name) {
  Item other;
  sink = length_of(&other) == name.size();
}

KEPT void check_count() {
  if (items.size() > 2) fail("count");
  sink = 1;
}

KEPT void check_names() {
  for (const auto& [name, item] : items)
    if (name.size() > 8) fail("name");
}

KEPT void divide_items(const std::string& name) {
  sink = static_cast<int>(name.size()) / zero;
}

KEPT void follow(const Item* item) {
  volatile char room[512];
  room[0] = 1;
  follow(item->next == nullptr ? item : item->next);
  sink = room[0];
}

KEPT void walk_items(const std::string& name) {
  follow(items[name]);
  sink = 1;
}

KEPT void free_item(const std::string& name) {
  std::free(items[name]->text);
  std::free(items[name]->text);
  sink = 1;
}

KEPT void run_command(const std::string& verb, const std::string& rest) {
  if (verb == "new") items[rest] = new Item;
  if (verb == "text") (items[rest] = new Item)->text = strdup(rest.c_str());
  if (verb == "print") print_item(rest);
  if (verb == "rename") rename_item(rest);
  if (verb == "log") log_item(rest);
  if (verb == "measure") measure_item(rest);
  if (verb == "compare") compare_items(rest);
  if (verb == "count") check_count();
  if (verb == "names") check_names();
  if (verb == "divide") divide_items(rest);
  if (verb == "walk") walk_items(rest);
  if (verb == "free") free_item(rest);
  sink = 1;
}

KEPT void run_twice(const std::string& line, const std::string& rest);

KEPT void run_line(const std::string& line) {
  const std::size_t blank = line.find(' ');
  const std::string verb = line.substr(0, blank);
  const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
  if (verb == "twice") return run_twice(rest, rest);
  run_command(verb, rest);
}

KEPT void run_twice(const std::string& line, const std::string& rest) {
  run_line(line);
  run_line(rest);
}

}  // namespace

int main() {
  char line[256];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    line[std::strcspn(line, "\n")] = 0;
    run_line(line);
  }
}
