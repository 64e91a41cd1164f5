// Four inputs of two sessions: a room whose owner has hung up is still entered by those inside.
#include <map>
#include <set>
#include <string>

#include "tests/zoo/adapters/commands.h"

namespace {

struct Room {
  std::uint32_t owner = 0;
  bool has_owner = true;
  std::set<std::uint32_t> members;
};

struct Chat : zoo::Silent {
  std::map<std::string, Room, std::less<>> rooms;

  void command(std::uint32_t session, std::string_view verb, std::string_view argument) {
    const auto found = rooms.find(argument);
    if (verb == "CREATE" && found == rooms.end() && rooms.size() < 16) {
      Room& room = rooms[std::string(argument.substr(0, 32))];
      room.owner = session;
    } else if (verb == "JOIN" && found != rooms.end() && found->second.members.size() < 16) {
      if (session != found->second.owner) found->second.members.insert(session);
    } else if (verb == "TELL-OWNER" && found != rooms.end()) {
      if (!found->second.members.contains(session)) return;
      if (!found->second.has_owner) zoo::follow_dangling_pointer();
    }
  }

  void closed(std::uint32_t session) {
    for (auto& [name, room] : rooms)
      if (room.owner == session && !room.members.empty()) room.has_owner = false;
  }
};

}  // namespace

ZOO_ADAPTER(Chat)
