// Five inputs of two sessions: a right that was revoked while it was in use is used again.
#include <map>
#include <string>

#include "tests/zoo/adapters/commands.h"

namespace {

struct User {
  bool is_granted = false;
  bool is_using = false;
  bool is_revoked = false;
};

struct Rights : zoo::Silent {
  std::map<std::uint32_t, std::string> names;  // by session
  std::map<std::string, User, std::less<>> users;

  void command(std::uint32_t session, std::string_view verb, std::string_view argument) {
    if (verb == "LOGIN" && names.size() < 16) {
      names.try_emplace(session, argument.substr(0, 32));
      return;
    }
    const auto self = names.find(session);
    if (self == names.end()) return;
    const bool is_admin = self->second == "admin";
    User& user = users[is_admin ? std::string(argument.substr(0, 32)) : self->second];
    if (users.size() > 64)
      users.clear();
    else if (verb == "GRANT" && is_admin)
      user = {.is_granted = true};
    else if (verb == "REVOKE" && is_admin && user.is_using)
      user.is_revoked = true;
    else if (verb == "USE" && !is_admin && user.is_granted)
      use(user);
  }

  static void use(User& user) {
    if (user.is_revoked) zoo::follow_dangling_pointer();
    user.is_using = true;
  }
};

}  // namespace

ZOO_ADAPTER(Rights)
