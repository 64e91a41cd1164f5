#include "tools/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tools/json.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

constexpr std::string_view kPrefix = "crashreel: ";

// no-color.org: set and not empty means no, whatever it says. A dumb terminal can't.
bool wants_colour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal == nullptr || std::strcmp(terminal, "dumb") == 0) return false;
  return isatty(fd) == 1;
}

// One write for all, so that lines of the program and ours do not mix. Lines after the first are
// indented: what strangers wrote can't pass for a line of ours.
void write_error_lines(const std::string& prefix, std::string_view lines) {
  std::string text = prefix;
  while (true) {
    std::size_t end = lines.find('\n');
    text += without_controls(lines.substr(0, end)) + "\n";
    if (end == std::string_view::npos) break;
    lines.remove_prefix(end + 1);
    text += "  ";
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

Console::Console(ConsoleOptions options)
    : options_(options),
      terminal_err_(isatty(STDERR_FILENO) == 1),
      colour_out_(wants_colour(STDOUT_FILENO)),
      colour_err_(wants_colour(STDERR_FILENO)) {}

void Console::print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Console::answer(const nlohmann::ordered_json& object) {
  CRASHREEL_CHECK(!answered_);
  answered_ = true;
  if (options_.answer_into != nullptr) {
    *options_.answer_into = object;
    return;
  }
  nlohmann::ordered_json whole = object;
  if (options_.gone_without != nullptr) {
    const std::vector<std::string> missed = options_.gone_without();
    if (!missed.empty()) whole["sandbox_lacks"] = missed;
  }
  if (options_.fed_from_outside != nullptr) {
    const std::string outside = options_.fed_from_outside();
    if (!outside.empty()) whole["fed_from_outside"] = outside;
  }
  print(to_text(whole) + "\n");
}

void Console::say(std::string_view text) {
  if (options_.quiet) return;
  write_error_lines(std::string(kPrefix), text);
}

void Console::complain(std::string_view text) {
  std::string prefix(kPrefix);
  if (colour_err_) prefix = "\033[1;31m" + prefix + "\033[0m";
  write_error_lines(prefix, text);
}

std::string Console::strong(std::string_view text) const {
  return painted("\033[1m", text);
}

std::string Console::faint(std::string_view text) const {
  return painted("\033[2m", text);
}

std::string Console::alarming(std::string_view text) const {
  return painted("\033[1;31m", text);
}

std::string Console::painted(const char* colour, std::string_view text) const {
  if (!colour_out_) return std::string(text);
  return colour + std::string(text) + "\033[0m";
}

std::size_t Console::columns() const {
  constexpr std::size_t kWithoutTerminal = 100;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWithoutTerminal;
  return size.ws_col;
}

Result<void> Console::finish() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
  return Error{Trouble::kEnvironment,
               std::string("stdout: the result could not be written whole: ") + strerror(errno)};
}

}  // namespace crashreel
