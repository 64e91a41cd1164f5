// Is there an LTTng to compare with, and how does it run for the time of a benchmark?
//
// A session daemon of our own below a folder of our own, one session in snapshot mode, which
// overwrites the oldest as a ring does, of as many bytes (eight times 8 MiB). A program knows its
// daemon only if that was there first, so the benchmark starts it and then itself once more. Where
// the packages are not installed, or the daemon does not start, the benchmark has no such lines,
// and stderr says so.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#if defined(CRASHREEL_BENCH_LTTNG)
extern "C" void crashreel_lttng_record(const void* bytes, std::size_t size);
#endif

namespace crashreel::bench {

inline constexpr char kLttngFolder[] = "CRASHREEL_BENCH_LTTNG_FOLDER";

inline bool lttng_is_there() {
  static const bool there = std::getenv(kLttngFolder) != nullptr;
  return there;
}

inline void lttng_record(const void* bytes, std::size_t size) {
#if defined(CRASHREEL_BENCH_LTTNG)
  crashreel_lttng_record(bytes, size);
#else
  (void)bytes, (void)size;
#endif
}

class LttngSession {
 public:
  // Does not return the first time, if there is an LTTng: then the program runs again from its
  // beginning.
  explicit LttngSession(char** argv) {
#if defined(CRASHREEL_BENCH_LTTNG)
    if (lttng_is_there()) return;
    char folder[] = "/tmp/crashreel-lttng-XXXXXX";
    if (::mkdtemp(folder) == nullptr) return;
    ::setenv(kLttngFolder, folder, 1);
    ::setenv("LTTNG_HOME", folder, 1);
    ::setenv("LTTNG_UST_REGISTER_TIMEOUT", "10000", 1);
    const std::string trace = std::string(" --output=") + folder + "/trace";
    if (run("lttng-sessiond --daemonize --no-kernel --pidfile=" + std::string(folder) + "/pid") &&
        run("lttng create crashreel-bench --snapshot" + trace) &&
        run("lttng enable-channel --userspace --overwrite --subbuf-size=8M --num-subbuf=8 input") &&
        run("lttng enable-event --userspace --channel=input crashreel_bench:input") &&
        run("lttng start")) {
      ::execv("/proc/self/exe", argv);
    }
    stop();
#else
    (void)argv;
#endif
    std::fprintf(stderr, "capture: no LTTng to compare with (lttng-tools, liblttng-ust-dev)\n");
    ::unsetenv(kLttngFolder);
  }
  LttngSession(const LttngSession&) = delete;
  LttngSession& operator=(const LttngSession&) = delete;
  ~LttngSession() {
    if (std::getenv(kLttngFolder) != nullptr) stop();
  }

 private:
  static bool run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
  }

  // The daemon by its own pid file, nobody else's.
  static void stop() {
    const std::string folder = std::getenv(kLttngFolder);
    run("lttng destroy crashreel-bench");
    run("kill $(cat " + folder + "/pid)");
    run("rm -rf " + folder);
  }
};

}  // namespace crashreel::bench
