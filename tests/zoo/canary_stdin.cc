// The canary that reads its standard input: one command a line, through stdio's fgets.
//
//   DEF name body     defines a macro
//   RUN name          prints the body of a macro
//   ECHO text         prints the text
//   QUIT              ends
//
// The bug: a macro without a body has a null body, and RUN copies it unasked. Known minimum
// (canary_stdin.json): 2 lines in this order, 12 bytes: "DEF a\n", "RUN a\n".
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>

namespace {

using Macros = std::map<std::string, std::unique_ptr<std::string>>;
constexpr std::size_t kMostMacros = 10000;

// The first word of `text`, which loses it and the blanks behind it.
std::string take_word(std::string& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  std::string word = text.substr(0, end);
  text.erase(0, std::min(text.find_first_not_of(' ', end), text.size()));
  return word;
}

void define(Macros& macros, std::string rest) {
  const std::string name = take_word(rest);
  if (name.empty() || macros.size() >= kMostMacros) {
    std::puts("no");
    return;
  }
  macros[name] = rest.empty() ? nullptr : std::make_unique<std::string>(rest);
}

void run(const Macros& macros, const std::string& name) {
  const auto found = macros.find(name);
  if (found == macros.end()) {
    std::puts("no such macro");
    return;
  }
  // The planted bug: nobody asks whether there is a body. Read byte by byte, so that the null
  // pointer is met here, in every build, and not inside some library's copy routine.
  const std::string& body = *found->second;
  const volatile std::size_t size = body.size();
  for (std::size_t i = 0; i < size; ++i) std::putchar(body[i]);
  std::putchar('\n');
}

}  // namespace

int main() {
  Macros macros;
  char buffer[1024];
  while (std::fgets(buffer, sizeof buffer, stdin) != nullptr) {
    std::string line(buffer, std::strcspn(buffer, "\r\n"));
    const std::string verb = take_word(line);
    if (verb == "QUIT") break;
    if (verb == "DEF") {
      define(macros, line);
    } else if (verb == "RUN") {
      run(macros, line);
    } else if (verb == "ECHO") {
      std::puts(line.c_str());
    } else {
      std::puts("what?");
    }
    std::fflush(stdout);
  }
  return 0;
}
