// Four inputs of one session: a savepoint outlives the transaction that was rolled back.
#include <set>
#include <string>

#include "tests/zoo/adapters/commands.h"

namespace {

struct Database : zoo::Silent {
  bool in_transaction = false;
  std::set<std::string, std::less<>> savepoints;

  void command(std::uint32_t, std::string_view verb, std::string_view argument) {
    if (verb == "BEGIN" && !in_transaction) {
      in_transaction = true;
      savepoints.clear();
    } else if (verb == "SAVEPOINT" && in_transaction && savepoints.size() < 16) {
      savepoints.emplace(argument.substr(0, 32));
    } else if (verb == "COMMIT" && in_transaction) {
      in_transaction = false;
      savepoints.clear();
    } else if (verb == "ROLLBACK" && in_transaction) {
      in_transaction = false;  // the planted bug: the savepoints stay
    } else if (verb == "RELEASE" && savepoints.contains(argument)) {
      if (!in_transaction) zoo::follow_dangling_pointer();
      savepoints.erase(savepoints.find(argument));
    }
  }
};

}  // namespace

ZOO_ADAPTER(Database)
