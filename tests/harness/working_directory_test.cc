// Is the folder of a try put back as it was?
#include "harness/working_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace crashreel {
namespace {

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(WorkingDirectory, IsPutBackAsItWas) {
  auto directory = WorkingDirectory::create({{"conf/a.conf", 0644, "port 1\n"}});
  ASSERT_TRUE(directory);
  auto content = directory->remember();
  ASSERT_TRUE(content);
  const std::string path = directory->path();
  std::ofstream(path + "/conf/a.conf") << "port 2, and more\n";
  std::ofstream(path + "/new") << "new";
  std::filesystem::create_directories(path + "/deep/deeper");
  EXPECT_TRUE(directory->restore(*content));
  EXPECT_EQ(read(path + "/conf/a.conf"), "port 1\n");
  EXPECT_FALSE(std::filesystem::exists(path + "/new"));
  EXPECT_FALSE(std::filesystem::exists(path + "/deep"));
  EXPECT_TRUE(directory->restore(*content));
}

TEST(WorkingDirectory, SaysThatAFileIsGoneThatSomebodyMayHaveOpen) {
  auto directory = WorkingDirectory::create({{"a.conf", 0644, "port 1\n"}});
  ASSERT_TRUE(directory);
  auto content = directory->remember();
  ASSERT_TRUE(content);
  std::filesystem::remove(directory->path() + "/a.conf");
  EXPECT_FALSE(directory->restore(*content));
}

}  // namespace
}  // namespace crashreel
