#include "capture/reel/new_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/capture/reel/folder.h"

namespace crashreel {
namespace {

using testing::HasSubstr;

TEST(NewFile, IsNotThereBeforeItIsPublished) {
  const Folder folder;
  Result<NewFile> file = NewFile::beside(folder / "a");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write("hello"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  ASSERT_TRUE(file->publish());
  EXPECT_EQ(file_bytes(folder / "a"), "hello");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(NewFile, LeavesTheOldFileAndNoTemporaryWhenGivenUp) {
  const Folder folder;
  put_file(folder / "a", "old");
  {
    Result<NewFile> file = NewFile::beside(folder / "a");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("new"));
  }
  EXPECT_EQ(file_bytes(folder / "a"), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(NewFile, CanBeReadByItsOwnerAlone) {
  const Folder folder;
  Result<NewFile> file = NewFile::beside(folder / "a");
  ASSERT_TRUE(file && file->publish());
  struct stat there = {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777u, 0600u);
}

TEST(NewFile, RefusesToReplaceWhatIsNoRegularFile) {
  const Result<NewFile> device = NewFile::beside("/dev/null");
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().trouble, Trouble::kUsage);
  EXPECT_THAT(device.error().message, HasSubstr("/dev/null"));
  const Folder folder;
  EXPECT_FALSE(NewFile::beside(folder.path()));
}

TEST(NewFile, NamesTheFolderThatIsMissing) {
  const Folder folder;
  const Result<NewFile> file = NewFile::beside(folder / "none/a");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().trouble, Trouble::kEnvironment);
  EXPECT_THAT(file.error().message, HasSubstr(folder / "none/a"));
  EXPECT_THAT(file.error().message, HasSubstr("No such file"));
}

}  // namespace
}  // namespace crashreel
