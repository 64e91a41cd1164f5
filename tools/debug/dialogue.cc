#include "tools/debug/dialogue.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "tools/input_table.h"

namespace crashreel {
namespace {

// More lines at a time than these nobody reads, nor does a message hold them.
constexpr std::uint64_t kMostInputLines = 500;
constexpr std::size_t kColumns = 110;
constexpr std::size_t kMostBytes = 64 * 1024;

Json refused(const std::string& why) {
  Json json;
  json["error"] = why;
  return json;
}

std::string count_text(const Debuggee& debuggee) {
  return "the reel has inputs 1 to " + std::to_string(debuggee.inputs()) + ", and " +
         std::to_string(debuggee.inputs() + 1) + " is the end";
}

std::string numbered_row(const Debuggee& debuggee, std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 7 ? 7 - digits.size() : 0, ' ');
  return digits + " " + input_row(debuggee.input(number), kColumns - 8) +
         (debuggee.is_brought(number) ? "" : "  (no replay brings it)");
}

}  // namespace

bool Dialogue::hear_one() {
  std::string message(kMostBytes, '\0');
  ssize_t got = -1;
  do {
    got = ::recv(socket_, message.data(), message.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  message.resize(static_cast<std::size_t>(got));
  const std::string text = answer_to(message);
  return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

std::string Dialogue::answer_to(const std::string& message) {
  const auto question = parse_question(message);
  const Json said = question ? answer(*question) : refused("crashreel does not know what is asked");
  return said.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Dialogue::answer(const Question& question) {
  if (question.asked == Asked::kGo) return go(question);
  if (question.asked == Asked::kInputs) return inputs(question);
  if (!debuggee_.has_instance()) return refused("there is no instance; 'reel goto K' makes one");
  if (question.asked == Asked::kHello) return greeted_ = true, hello();
  if (question.asked == Asked::kUntil) return until(question);
  if (question.asked == Asked::kOn) debuggee_.instance().go_on();
  return at();
}

bool Dialogue::is_place(const Question& question) const {
  return question.input && *question.input >= 1 && *question.input <= debuggee_.inputs() + 1;
}

Json Dialogue::place(const DebuggedPlace& place) const {
  Json json = at();
  json["pid"] = debuggee_.instance().pid();
  json["resumed"] = place.resumed;
  json["seconds"] = place.seconds;
  return json;
}

Json Dialogue::hello() const {
  Json json = place(first_);
  json["inputs"] = debuggee_.inputs();
  json["machine_interface"] = machine_interface_;
  json["fed"] = debuggee_.instance().is_fed();
  return json;
}

Json Dialogue::go(const Question& question) {
  if (!is_place(question)) return refused("there is no such input; " + count_text(debuggee_));
  const auto there = debuggee_.go_to(*question.input, question.fresh);
  if (there) return place(*there);
  return refused("input " + std::to_string(*question.input) +
                 " is not reached: " + there.error().message + "; go to an earlier one");
}

Json Dialogue::until(const Question& question) {
  if (!is_place(question)) return refused("there is no such input; " + count_text(debuggee_));
  debuggee_.go_on_until(*question.input);
  return at();
}

Json Dialogue::at() const {
  Json json;
  const std::uint64_t number = debuggee_.at();
  json["input"] = number;
  json["between"] = debuggee_.is_between();
  json["lacked_thread"] = debuggee_.instance().lacked_thread();
  json["row"] = number <= debuggee_.inputs() ? numbered_row(debuggee_, number) : "";
  return json;
}

Json Dialogue::inputs(const Question& question) const {
  const std::uint64_t from = std::max<std::uint64_t>(question.from.value_or(1), 1);
  const std::uint64_t to = std::min(question.to.value_or(debuggee_.inputs()), debuggee_.inputs());
  Json json;
  json["head"] = "  input " + input_table_head();
  json["rows"] = Json::array();
  for (std::uint64_t i = from; i <= to && i - from < kMostInputLines; ++i) {
    json["rows"].push_back(numbered_row(debuggee_, i));
  }
  json["left_out"] = to >= from && to - from >= kMostInputLines;
  return json;
}

}  // namespace crashreel
