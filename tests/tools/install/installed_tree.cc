#include "tests/tools/install/installed_tree.h"

#include <gtest/gtest.h>

namespace crashreel::testing {
namespace {

class Tree {
 public:
  Tree() {
    const CommandRun run = run_line("cmake --install " CRASHREEL_BUILD_DIR
                                    " --prefix $PWD/first && mkdir moved && mv first moved/there",
                                    {.directory = directory_.path()});
    EXPECT_EQ(run.exit, 0) << run.out << run.err;
    path_ = directory_.file("moved/there");
  }
  const std::string& path() const { return path_; }

 private:
  TemporaryDirectory directory_;
  std::string path_;
};

}  // namespace

const std::string& installed_tree() {
  static const Tree tree;
  return tree.path();
}

CommandRun type_installed(const TemporaryDirectory& directory, const std::string& line) {
  const std::string& tree = installed_tree();
  return run_line("export PATH='" + tree + "/bin':$PATH LD_LIBRARY_PATH='" + tree +
                      "/lib' PKG_CONFIG_PATH='" + tree + "/lib/pkgconfig'; " + line,
                  {.directory = directory.path()});
}

}  // namespace crashreel::testing
