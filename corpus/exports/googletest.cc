// A regression test in C++ that carries the whole reel: it fails while the bug lives.
#include "capture/reel/reel_writer.h"
#include "corpus/exports/c_text.h"
#include "corpus/exports/formats.h"

namespace crashreel {
namespace {

constexpr char kHead[] =
    R"(// A crash of production as a regression test, exported by crashreel: it replays the inputs that are
// embedded below against a fresh instance, fails while the crash comes back, and passes on the fix.
//
//   c++ THIS_FILE -lgtest -lgtest_main -lpthread -o regression && ./regression
//
// It runs `crashreel` (or $CRASHREEL) against the program that was recorded, or against the command
// line in $CRASHREEL_PROGRAM (or in the macro of this name), for example "./build/server --port 6379".
// $CRASHREEL_TRIES says how many tries must pass, for a crash that comes only sometimes.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#ifndef CRASHREEL_PROGRAM
#define CRASHREEL_PROGRAM ""
#endif

)";

constexpr char kBody[] = R"(
std::string setting(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value == nullptr || *value == 0 ? otherwise : value;
}

}  // namespace

TEST(CrashReel, NAME) {
  char path[] = "/tmp/crashreel-regression.XXXXXX";
  const int file = mkstemp(path);
  ASSERT_GE(file, 0) << "no temporary file can be made in /tmp";
  const ssize_t written = write(file, kReel, sizeof kReel);
  close(file);
  ASSERT_EQ(written, static_cast<ssize_t>(sizeof kReel)) << "/tmp is full";

  const std::string program = setting("CRASHREEL_PROGRAM", CRASHREEL_PROGRAM);
  const std::string command = setting("CRASHREEL", "crashreel") + " replay " + path +
                              " --expect fixed --tries " + setting("CRASHREEL_TRIES", "1") +
                              (program.empty() ? "" : " -- " + program) + " 2>&1";
  FILE* output = popen(command.c_str(), "r");
  ASSERT_NE(output, nullptr) << command;
  std::string text;
  for (int byte; (byte = fgetc(output)) != EOF;) text += static_cast<char>(byte);
  const int status = pclose(output);
  unlink(path);
  // 0: no try crashed; 1: the crash came back; 3: another crash; others: it could not be tried.
  EXPECT_EQ(status, 0) << "status " << status / 256 << " of: " << command << "\n" << text;
}
)";

// In a comment: nothing of it may end the line, or continue it.
std::string comment_text(const std::string& text) {
  std::string plain;
  for (const char byte : text) plain += byte >= ' ' && byte <= '~' && byte != '\\' ? byte : '?';
  return plain;
}

}  // namespace

Result<std::string> export_googletest(const Reel& reel, const std::string& name) {
  if (Result<void> good = check_reel(reel, name); !good) return good.error();
  const std::string bytes = serialize_reel(reel);
  std::string text = kHead;
  text += "namespace {\n\n// " + comment_text(reel.crash.signature.kind) + " of " +
          comment_text(reel.program.executable) + "\nconst unsigned char kReel[] = {\n" +
          c_bytes(bytes, "    ") + "\n};\n";
  std::string body = kBody;
  const std::string mark = "NAME";
  body.replace(body.find(mark), mark.size(), c_name(name));
  return text + body;
}

}  // namespace crashreel
