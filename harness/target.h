// How is a fresh instance made?
//
// A Target is everything that a try needs to start the program: the executable, its arguments,
// environment and files, checked once, before the first try, so that what can't be attached is told
// at once and with the reason. Knows no script and no outcome.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "harness/sandbox.h"

namespace crashreel {

struct Target {
  TargetKind kind = TargetKind::kServer;
  std::string executable;         // absolute path
  std::vector<std::string> argv;  // {DIR} stands for the try's directory, {PORT} for some port
  std::vector<std::string> env;   // "NAME=value"
  std::vector<ReelFile> files;    // laid into the try's directory
  std::string player_path;        // libcrashreel-player.so
  // What runs it, if anything does: words before the program's, of which the first is an absolute
  // path. They have to load preloads_of() into the program, for they are not to load it themselves.
  std::vector<std::string> runner;
  std::string first_library;   // to be loaded before it (sanitizer.h); mostly empty
  bool has_sanitizer = false;  // its environment then has what that takes
  bool seeks_leaks = false;    // memory that is lost at the end is a crash
  std::string build_id;        // of the executable; empty when it has none
  bool from_outside = false;   // no player feeds it, but we do (outside.h)
  std::string no_player;       // why none can be loaded; empty: it could be, or it was not asked
  Sandbox sandbox{};
};

// Who feeds programs: a player where one can be loaded, else we from outside; or one of the two, as
// the command line says, for targets that are made from now on.
enum class Feeding { kAsPossible, kPlayer, kOutside };
void choose_feeding(Feeding feeding);

// Memory that is lost at the end counts as a crash for targets that are made from now on, as it
// does where a reel's own crash is that.
void seek_leaks();

// For people: why programs were fed from outside until now, and what they went without; empty: none
// was. May be called from several threads, as choose_feeding().
std::string outside_text();
void note_from_outside(const Target& target);

// The reel's own program, or argv in its place. Trouble::kTarget when there is no such program, it
// is no executable, or where a player is asked for and can't be loaded: a static program, Go's, one
// that would drop it (set-user-ID). Trouble::kEnvironment when the player library is missing.
Result<Target> target_of(const Reel& reel,
                         const std::optional<std::vector<std::string>>& argv = {});

// What the program has to have in LD_PRELOAD.
std::string preloads_of(const Target& target);

// Where the libraries that come with this command lie: in ../lib/crashreel of the running
// executable's folder when it is installed, in ../lib when it was just built.
std::string library_path(const std::string& file_name);

// The program as a shell would find it; empty when there is none.
std::string find_program(const std::string& name);

}  // namespace crashreel
