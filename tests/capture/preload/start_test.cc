// When the recorder records, for whom, and what it says when it can't; and which files it keeps.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "capture/runtime/output_digest.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> listener(std::vector<std::string> files = {}) {
  std::vector<std::string> argv = {LISTENER, "tcp4", "read"};
  argv.insert(argv.end(), files.begin(), files.end());
  return argv;
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(RecorderStart, TellsWhichProgramItWas) {
  const Folder folder;
  RecordedServer server({.argv = listener(), .ring_path = folder / "ring"});
  server.port();
  const auto pid = static_cast<std::uint32_t>(server.pid());
  const Program program = server.end_and_salvage().program;
  EXPECT_EQ(program.argv, listener());
  EXPECT_EQ(program.executable, std::filesystem::canonical(LISTENER));
  EXPECT_EQ(program.pid, pid);
  EXPECT_EQ(program.kind, TargetKind::kServer);
}

TEST(RecorderStart, StaysOutOfProgramsThatTheProgramStarts) {
  const Folder folder;
  RecordedServer server({.argv = listener(), .ring_path = folder / "ring"});
  Client client = Client::tcp(server.port());
  client.ask("system cat /dev/null; sh -c 'cat /dev/null'\n");
  EXPECT_EQ(server.end_and_salvage().program.argv, listener());
  EXPECT_THAT(server.complaints(), IsEmpty());
}

TEST(RecorderStart, BeginsAnewWhenTheProgramBecomesAnotherByExec) {
  const Folder folder;
  put_file(folder / "start", "#!/bin/sh\nexec " LISTENER " tcp4 read\n");
  ::chmod((folder / "start").c_str(), 0755);
  RecordedServer server({.argv = {folder / "start"}, .ring_path = folder / "ring"});
  Client client = Client::tcp(server.port());
  client.ask("a");
  const Reel reel = server.end_and_salvage();
  EXPECT_EQ(reel.program.argv, listener());
  EXPECT_EQ(as_lines(reel).back(), "data 1 a");
  EXPECT_THAT(server.complaints(), IsEmpty());
}

TEST(RecorderStart, LetsTheProgramRunAndSaysSoOnceWhenTheRingIsThereAlready) {
  const Folder folder;
  put_file(folder / "ring", "somebody's evidence");
  RecordedServer server({.argv = listener(), .ring_path = folder / "ring"});
  Client client = Client::tcp(server.port());
  EXPECT_EQ(client.ask("system true\n"), "ok\n");
  EXPECT_EQ(file_bytes(folder / "ring"), "somebody's evidence");
  EXPECT_THAT(server.complaints(), HasSubstr("File exists; the program runs on unrecorded"));
  EXPECT_EQ(lines_in(server.complaints()), 1u);
}

class SmallDisk {
 public:
  explicit SmallDisk(const char* size)
      : mounted_(::mount("none", folder_.path().c_str(), "tmpfs", 0, size) == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount(folder_.path().c_str());
  }
  bool is_mounted() const { return mounted_; }
  std::string path(const std::string& name) const { return folder_ / name; }
  std::size_t entries() const { return folder_.entries(); }

 private:
  Folder folder_;
  bool mounted_;
};

TEST(RecorderStart, LetsTheProgramRunAndSaysSoOnceWhenTheDiskIsFull) {
  const SmallDisk disk("size=256k");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  RecordedServer server({.argv = listener(), .ring_path = disk.path("ring")});
  Client client = Client::tcp(server.port());
  EXPECT_EQ(client.ask("a"), "ok\n");
  EXPECT_THAT(server.complaints(), HasSubstr("No space left on device"));
  EXPECT_EQ(lines_in(server.complaints()), 1u);
  EXPECT_EQ(disk.entries(), 0u);
}

TEST(RecorderStart, MakesASmallerRingAndSaysSoOnceWhereThereIsLittleRoom) {
  const SmallDisk disk("size=16m");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  RecordedServer server(
      {.argv = listener(), .ring_path = disk.path("ring"), .settings = {}, .ring_bytes = ""});
  Client client = Client::tcp(server.port());
  EXPECT_EQ(client.ask("a"), "ok\n");
  EXPECT_EQ(std::filesystem::file_size(disk.path("ring")), 8u << 20);
  EXPECT_THAT(server.complaints(), HasSubstr("room for a ring of 8192 KiB only"));
  EXPECT_EQ(lines_in(server.complaints()), 1u);
  EXPECT_EQ(as_lines(server.end_and_salvage()).back(), "data 1 a");
}

TEST(RecorderStart, LetsTheProgramRunWhenItsRingIsCutShort) {
  const Folder folder;
  RecordedServer server({.argv = listener(), .ring_path = folder / "ring"});
  Client client = Client::tcp(server.port());
  EXPECT_EQ(client.ask("a"), "ok\n");
  std::filesystem::resize_file(folder / "ring", 0);
  EXPECT_EQ(client.ask("b"), "ok\n");
  EXPECT_EQ(client.ask("c"), "ok\n");
  EXPECT_THAT(server.complaints(), IsEmpty());
}

TEST(RecorderStart, LeavesTheProgramItsOwnSigbusAndNoneOfTheRings) {
  const Folder folder;
  RecordedServer server({.argv = listener(), .ring_path = folder / "ring"});
  Client client = Client::tcp(server.port());
  EXPECT_EQ(client.ask("handle SIGBUS\n"), "ok\n");
  std::filesystem::resize_file(folder / "ring", 0);
  EXPECT_EQ(client.ask("a"), "ok\n");
  client.send("fault\n");
  const int status = server.wait();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 55);
}

std::vector<std::string> kept_paths(const Reel& reel) {
  std::vector<std::string> paths;
  for (const ReelFile& file : reel.files) paths.push_back(file.path);
  return paths;
}

TEST(ConfigFiles, AreKeptWhicheverCallOpensThem) {
  const Folder folder;
  std::vector<std::string> paths;
  for (int i = 0; i < 7; ++i) {
    paths.push_back(folder / ("part" + std::to_string(i) + ".conf"));
    put_file(paths.back(), "part " + std::to_string(i));
    ::chmod(paths.back().c_str(), 0640);
  }
  RecordedServer server({.argv = listener(paths), .ring_path = folder / "ring"});
  server.port();
  const Reel reel = server.end_and_salvage();
  EXPECT_EQ(kept_paths(reel), paths);
  for (std::size_t i = 0; i < reel.files.size(); ++i) {
    EXPECT_EQ(reel.files[i].bytes, "part " + std::to_string(i));
    EXPECT_EQ(reel.files[i].mode, 0640u);
  }
}

TEST(ConfigFiles, AreKeptAsTheProgramNamedThem) {
  const Folder folder;
  put_file(folder / "start", "#!/bin/sh\ncd \"$0.d\" && exec " LISTENER " tcp4 read ./my.conf\n");
  ::chmod((folder / "start").c_str(), 0755);
  std::filesystem::create_directory(folder / "start.d");
  put_file(folder / "start.d/my.conf", "here");
  RecordedServer server({.argv = {folder / "start"}, .ring_path = folder / "ring"});
  server.port();
  const Reel reel = server.end_and_salvage();
  EXPECT_THAT(kept_paths(reel), ElementsAre("./my.conf"));
  EXPECT_EQ(reel.program.working_directory, std::filesystem::canonical(folder / "start.d"));
}

TEST(ConfigFiles, AreNeitherBigNorSecretNorTheMachines) {
  const Folder folder;
  put_file(folder / "big", std::string((64 << 10) + 1, 'x'));
  put_file(folder / "key.pem", "-----BEGIN PRIVATE KEY-----\nMIIE\n");
  put_file(folder / "twice", "once");
  RecordedServer server(
      {.argv = listener({folder / "big", folder / "key.pem", folder / "twice", folder / "twice",
                         "/etc/passwd", "/proc/self/status", LISTENER, folder / "missing"}),
       .ring_path = folder / "ring"});
  server.port();
  EXPECT_THAT(kept_paths(server.end_and_salvage()), ElementsAre(folder / "twice"));
}

TEST(ConfigFiles, AreNamedWithADigestWhenTheyAreBig) {
  const Folder folder;
  const std::string bytes((200 << 10) + 7, 'x');
  put_file(folder / "big", bytes);
  std::filesystem::resize_file(folder / "big", bytes.size());
  put_file(folder / "huge", "");
  std::filesystem::resize_file(folder / "huge", (16 << 20) + 1);
  RecordedServer server({.argv = listener({folder / "big", folder / "huge", folder / "big"}),
                         .ring_path = folder / "ring"});
  server.port();
  const Reel reel = server.end_and_salvage();
  OutputDigest digest;
  digest.add(bytes.data(), bytes.size());
  ASSERT_THAT(reel.file_digests, SizeIs(2));
  const FileDigest& big = reel.file_digests[0];
  EXPECT_EQ(big.path, folder / "big");
  EXPECT_EQ(big.bytes, bytes.size());
  EXPECT_GT(big.modified_realtime_ns, 1'000'000'000'000'000'000u);
  EXPECT_EQ(big.digest, digest.value());
  EXPECT_EQ(reel.file_digests[1].path, folder / "huge");
  EXPECT_EQ(reel.file_digests[1].bytes, (16u << 20) + 1);
  EXPECT_EQ(reel.file_digests[1].digest, std::nullopt);
  EXPECT_THAT(reel.inputs, IsEmpty());
}

TEST(ConfigFiles, AreNotWhatIsOpenedAfterTheFirstSession) {
  const Folder folder;
  put_file(folder / "data", "not configuration");
  RecordedServer server({.argv = listener(), .ring_path = folder / "ring"});
  Client client = Client::tcp(server.port());
  client.ask("open " + (folder / "data") + "\n");
  EXPECT_THAT(kept_paths(server.end_and_salvage()), IsEmpty());
}

}  // namespace
}  // namespace crashreel::testing
