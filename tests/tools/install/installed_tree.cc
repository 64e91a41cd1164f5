#include "tests/tools/install/installed_tree.h"

#include <gtest/gtest.h>

namespace crashreel::testing {
namespace {

constexpr char kFolder[] = CRASHREEL_BUILD_DIR "/tests/installed";

// Every test is a process of its own, and several run at a time: who comes first installs, unless
// nothing was built since.
constexpr char kInstall[] = R"sh(
cd "$1"
mkdir -p tests/installed
exec 9>tests/installed/lock
flock 9
stamp=tests/installed/stamp
newer() { # BUILD SOURCE
  find bin lib share tools/install "$2/tools/install" -newer $stamp -type f
}
if [ -e $stamp ] && [ -z "$(newer "$1" "$2")" ]; then exit; fi
rm -rf tests/installed/first tests/installed/moved
touch $stamp.new
cmake --install . --prefix "$PWD/tests/installed/first"
mv tests/installed/first tests/installed/moved
mv $stamp.new $stamp
)sh";

}  // namespace

const std::string& installed_tree() {
  static const std::string path = [] {
    const CommandRun run = run_command(
        {"bash", "-euc", kInstall, "install", CRASHREEL_BUILD_DIR, CRASHREEL_SOURCE_DIR});
    EXPECT_EQ(run.exit, 0) << run.out << run.err;
    return std::string(kFolder) + "/moved";
  }();
  return path;
}

CommandRun type_installed(const TemporaryDirectory& directory, const std::string& line) {
  const std::string& tree = installed_tree();
  return run_line("export PATH='" + tree + "/bin':$PATH LD_LIBRARY_PATH='" + tree +
                      "/lib' PKG_CONFIG_PATH='" + tree + "/lib/pkgconfig'; " + line,
                  {.directory = directory.path()});
}

}  // namespace crashreel::testing
