// Four inputs of two sessions: both go on to hold a trap that one of them has sprung.
#include <map>
#include <string>

#include "tests/zoo/adapters/commands.h"

namespace {

constexpr std::size_t kMost = 16;

struct Traps : zoo::Silent {
  std::map<std::string, std::uint32_t, std::less<>> armed;  // by whom
  std::map<std::uint32_t, std::string> bound;               // by session
  std::map<std::string, bool, std::less<>> sprung;

  void command(std::uint32_t session, std::string_view verb, std::string_view argument) {
    const std::string name(argument.substr(0, 32));
    if (verb == "ARM" && armed.size() < kMost) armed.try_emplace(name, session);
    if (verb == "BIND") {
      const auto found = armed.find(name);
      if (found != armed.end() && found->second != session && bound.size() < kMost)
        bound[session] = name;
    }
    if (verb == "SPRING") {
      const auto found = armed.find(name);
      if (found != armed.end() && found->second == session) sprung[name] = true;
    }
    if (verb == "FIRE") {
      const auto found = bound.find(session);
      if (found != bound.end() && sprung[found->second]) zoo::follow_dangling_pointer();
    }
  }
};

}  // namespace

ZOO_ADAPTER(Traps)
