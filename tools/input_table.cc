#include "tools/input_table.h"

#include "tools/visible.h"

namespace crashreel {
namespace {

std::string right(std::string text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string columns_text(const std::string& seq, const std::string& time, const std::string& thread,
                         const std::string& session, const std::string& kind,
                         const std::string& size) {
  return right(seq, 8) + right(time, 14) + right(thread, 7) + right(session, 8) + "  " +
         left(kind, 6) + right(size, 8) + "  ";
}

std::string milliseconds_text(std::uint64_t nanoseconds) {
  std::string micro = std::to_string(1000 + nanoseconds / 1000 % 1000).substr(1);
  return std::to_string(nanoseconds / 1'000'000) + "." + micro;
}

}  // namespace

std::string input_table_head() {
  return columns_text("seq", "ms", "thread", "session", "kind", "bytes") + "begins with";
}

std::string input_row(const Input& input, std::size_t columns) {
  std::string session = input.session == kNoSession ? "-" : std::to_string(input.session);
  std::string row = columns_text(std::to_string(input.seq), milliseconds_text(input.time_ns),
                                 std::to_string(input.thread), session, name_of(input.kind),
                                 std::to_string(input.data.size()));
  constexpr std::size_t kNarrowest = 8;  // of a preview, on the narrowest terminal
  std::size_t room = columns > row.size() + kNarrowest ? columns - row.size() : kNarrowest;
  return row + preview(input.data, room);
}

}  // namespace crashreel
