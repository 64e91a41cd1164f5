// A recording in a folder of its own, for tests of whole runs under record().
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "capture/base/owned_fd.h"
#include "capture/reel/reel_reader.h"
#include "tests/capture/reel/folder.h"
#include "tools/pipeline/record.h"

namespace crashreel::testing {

// Our standard input, as long as this lives.
class StdinFrom {
 public:
  explicit StdinFrom(int fd) : before_(::dup(0)) { ::dup2(fd, 0); }
  explicit StdinFrom(const std::string& path)
      : StdinFrom(OwnedFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)).get(), 0) {}
  ~StdinFrom() { ::dup2(before_.get(), 0); }

 private:
  StdinFrom(int fd, int) : StdinFrom(fd) {}

  OwnedFd before_;
};

// One recording in a folder of its own, in a thread so that the test can talk to the program.
class Scene {
 public:
  Scene() {
    options_.ring_path = folder_ / "ring";
    options_.reel_path = folder_ / "reel";
    options_.ring_bytes = 4 << 20;
  }
  ~Scene() {
    if (thread_.joinable()) thread_.join();
  }

  RecordOptions& options() { return options_; }
  const Folder& folder() const { return folder_; }
  void give_stdin(const std::string& text) {
    put_file(folder_ / "input", text);
    take_stdin_from("input");
  }
  void take_stdin_from(const std::string& name) { stdin_ = folder_ / name; }

  RecordReport run(std::vector<std::string> argv) {
    options_.argv = std::move(argv);
    const StdinFrom stdin_from(stdin_);
    Result<RecordReport> report = record(options_);
    EXPECT_TRUE(report.has_value()) << report.error().message;
    return report ? *report : RecordReport();
  }

  void start(std::vector<std::string> argv) {
    thread_ = std::thread([this, argv = std::move(argv)] { report_ = run(argv); });
  }
  std::thread& thread() { return thread_; }
  RecordReport wait() {
    thread_.join();
    return report_;
  }

  Reel reel() const {
    const Result<ReadReel> read = read_reel(folder_ / "reel");
    EXPECT_TRUE(read.has_value()) << read.error().message;
    return read ? read->reel : Reel();
  }
  bool has(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

 private:
  Folder folder_;
  RecordOptions options_;
  std::string stdin_ = "/dev/null";
  std::thread thread_;
  RecordReport report_;
};

inline std::vector<std::string> data_of(const Reel& reel) {
  std::vector<std::string> data;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kData) data.push_back(input.data);
  }
  return data;
}

// A subject (subject.cc) under record(), which does what it is told and says when it has.
class SubjectScene : public Scene {
 public:
  SubjectScene() {
    ::mkfifo((folder() / "lines").c_str(), 0600);
    ::mkfifo((folder() / "answers").c_str(), 0600);
    options().loop_time = {};
    // Both ends here, so that no opening waits.
    lines_.reset(::open((folder() / "lines").c_str(), O_RDWR | O_CLOEXEC));
    answers_.reset(::open((folder() / "answers").c_str(), O_RDWR | O_CLOEXEC));
  }

  void start(std::vector<std::string> more = {}) {
    std::vector<std::string> argv = {SUBJECT, folder() / "answers"};
    argv.insert(argv.end(), more.begin(), more.end());
    take_stdin_from("lines");
    Scene::start(std::move(argv));
  }

  void tell(const std::string& line) {
    const std::string whole = line + "\n";
    EXPECT_EQ(::write(lines_.get(), whole.data(), whole.size()),
              static_cast<ssize_t>(whole.size()));
  }
  std::string answer() {
    std::string line;
    for (char c = 0; ::read(answers_.get(), &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  std::string ask(const std::string& line) {
    tell(line);
    return answer();
  }

  // What one line makes of the program, from its start to its end.
  RecordReport end_by(const std::string& line) {
    start();
    ask(line);
    return wait();
  }

 private:
  OwnedFd lines_;
  OwnedFd answers_;
};

}  // namespace crashreel::testing
