// How often does each tool of this family run its test on one and the same case?
//
// A thousand lines of which five are needed, in order, and a trivial test command; then the same as
// a thousand bytes and a program that aborts, for the tools that minimize a crashing input. Every
// run of the test leaves a byte in a file, so nobody's own count is believed. What is not installed
// is named on stderr and left out. The simulated figures are those of minimize_sim_bench.cc.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/bench/bench.h"
#include "tests/bench/zoo_scene.h"

namespace crashreel::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kMostRuns = 55;

constexpr const char* kTest =
    "#!/bin/sh\n"
    "printf . >>\"$RUNS\"\n"
    "exec awk 'BEGIN{split(\"154 331 404 970 999\",w); n=1} $0==w[n]{n++} END{exit n!=6}'"
    " \"${1:-in.txt}\"\n";

// With main() for those who start a program each time, without for libFuzzer.
constexpr const char* kProgram = R"(
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FILE* runs = fopen(getenv("RUNS"), "a");
  fputc('.', runs);
  fclose(runs);
  size_t found = 0;
  for (size_t i = 0; i < size; ++i) found += found < 5 && data[i] == "ABCDE"[found];
  if (found == 5) abort();
  return 0;
}
#ifdef WITH_MAIN
int main(int argc, char** argv) {
  static uint8_t data[65536];
  FILE* file = argc > 1 ? fopen(argv[1], "rb") : stdin;
  LLVMFuzzerTestOneInput(data, file ? fread(data, 1, sizeof data, file) : 0);
  return 0;
}
#endif
)";

struct Rival {
  std::string name;
  std::string program;  // that has to be there
  std::string package;
  std::string line;    // for sh, in a directory of its own
  std::string result;  // the file that it leaves
};

class Case {
 public:
  Case(fs::path place, std::string input, std::string minimum)
      : place_(std::move(place)), input_(std::move(input)), minimum_(std::move(minimum)) {}

  // How often the test ran; a result that is not the minimum is told in the case's name.
  void measure(const Rival& rival, double ours) {
    if (std::system(("command -v " + rival.program + " >/dev/null").c_str()) != 0) {
      std::fprintf(
          stderr,
          "minimize: %s is left out: not installed (tools/install-packages --bench brings %s)\n",
          rival.name.c_str(), rival.package.c_str());
      return;
    }
    const double runs = runs_of(rival);
    print({.bench = "minimize",
           .scene = rival.name + (exact_ ? "" : ", not the minimum"),
           .value = once(runs),
           .unit = "runs of the test",
           .reference = ours,
           .against = "crashreel",
           .ratio = runs / ours});
  }

  double ours(const std::string& name, const std::string& line, double most) {
    const double runs = runs_of({name, "", "", line, "out"});
    print({.bench = "minimize",
           .scene = "crashreel, " + name + (exact_ ? "" : ", not the minimum"),
           .value = once(runs),
           .unit = "runs of the test",
           .reference = most,
           .against = "demand",
           .ratio = exact_ ? runs / most : 1e9,
           .bar = at_most(1)});
    return runs;
  }

 private:
  // In a directory of its own for every run.
  double runs_of(const Rival& rival) {
    fs::path work = place_ / std::to_string(1);
    for (int next = 2; fs::exists(work); ++next) work = place_ / std::to_string(next);
    fs::create_directories(work);
    fs::copy_file(place_ / "test.sh", work / "test.sh");
    std::ofstream(work / "in.txt", std::ios::binary) << input_;
    const std::string line = "cd " + work.string() + " && export RUNS=" + (work / "runs").string() +
                             " PATH=" CRASHREEL_BUILD_DIR "/bin:$PATH && { " + rival.line +
                             "; } >/dev/null 2>&1 </dev/null";
    static_cast<void>(std::system(line.c_str()));
    std::ostringstream result;
    result << std::ifstream(work / rival.result, std::ios::binary).rdbuf();
    exact_ = result.str() == minimum_;
    std::error_code missing;
    const auto runs = fs::file_size(work / "runs", missing);
    return missing ? 0 : static_cast<double>(runs);
  }

  fs::path place_;
  std::string input_;
  std::string minimum_;
  bool exact_ = false;
};

void lines(const fs::path& place) {
  std::string input;
  for (int line = 1; line <= 1000; ++line) input += std::to_string(line) + "\n";
  Case one(place, input, "154\n331\n404\n970\n999\n");
  const double ours = one.ours("1,000 lines, 5 needed in order",
                               "crashreel minimize --test ./test.sh in.txt -o out", kMostRuns);
  one.measure({"delta, 1,000 lines", "singledelta", "delta",
               "singledelta -test=$PWD/test.sh -cp_minimal=$PWD/out in.txt", "out"},
              ours);
  one.measure({"cvise, its line pass, 1,000 lines", "cvise", "cvise",
               "echo '{\"first\":[],\"main\":[{\"pass\":\"lines\",\"arg\":\"None\"}],\"last\":[]}'"
               " >lines.json; cvise --n 1 --pass-group-file lines.json --not-c test.sh in.txt",
               "in.txt"},
              ours);
}

void bytes(const fs::path& place) {
  std::string input(1000, 'x');
  const int at[] = {154, 331, 404, 970, 999};
  for (int i = 0; i < 5; ++i) input[static_cast<std::size_t>(at[i])] = static_cast<char>('A' + i);
  Case one(place, input, "ABCDE");
  std::ofstream(place / "program.c") << kProgram;
  const std::string source = (place / "program.c").string();
  const std::string program = (place / "program").string();
  const std::string fuzzer = (place / "fuzzer").string();
  if (std::system(("cc -O1 -DWITH_MAIN " + source + " -o " + program).c_str()) != 0) {
    std::fprintf(stderr, "minimize: no C compiler: the bytes are left out\n");
    return;
  }
  const double ours = one.ours(
      "1,000 bytes, 5 needed in order",
      "crashreel minimize --split bytes --oracle signature --test " + program + " in.txt -o out",
      kMostRuns);
  // Debian's version starts no program but those of its own compilers.
  one.measure({"afl-tmin, 1,000 bytes and their values", "afl-tmin", "afl++",
               "afl-clang-fast -O1 -DWITH_MAIN " + source +
                   " -o ./instrumented && "
                   "afl-tmin -i in.txt -o out -- ./instrumented @@",
               "out"},
              ours);
  const std::string build = "clang-19 -fsanitize=fuzzer " + source + " -o " + fuzzer;
  one.measure({"libFuzzer -minimize_crash -runs=1000, 1,000 bytes", "clang-19",
               "clang-19 libclang-rt-19-dev",
               build + " && " + fuzzer +
                   " -minimize_crash=1 -runs=1000 -seed=1 -exact_artifact_path=out in.txt",
               "out"},
              ours);
}

}  // namespace
}  // namespace crashreel::bench

int main() {
  namespace fs = std::filesystem;
  std::string pattern = (fs::temp_directory_path() / "crashreel-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    std::perror(pattern.c_str());
    return 1;
  }
  std::ofstream(fs::path(pattern) / "test.sh") << crashreel::bench::kTest;
  fs::permissions(fs::path(pattern) / "test.sh", fs::perms::owner_all);
  crashreel::bench::lines(pattern);
  crashreel::bench::bytes(pattern);
  crashreel::bench::measure_zoo();
  std::error_code ignored;
  fs::remove_all(pattern, ignored);
  return 0;
}
