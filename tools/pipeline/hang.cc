#include "tools/pipeline/hang.h"

#include <algorithm>
#include <utility>

#include "tools/pipeline/process_sample.h"

namespace crashreel {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// So many looks fall into the time after which a program hangs.
constexpr int kLooks = 16;
constexpr milliseconds kShortestPause{50};
constexpr milliseconds kLongestPause{5000};

bool something_waits(const ProcessSample& sample) {
  return sample.unread != 0 || sample.queued != 0 || sample.line_waits;
}

bool burns(const ProcessSample& sample) {
  return sample.threads != 0 && sample.runnable == sample.threads;
}

// Who is runnable may have waited for a processor: there the clock says nothing.
nanoseconds counts(const ProcessSample& before, const ProcessSample& now) {
  const nanoseconds passed = now.at - before.at;
  if (before.runnable == 0 && now.runnable == 0) return passed;
  return std::clamp(now.cpu - before.cpu, nanoseconds(0), passed);
}

std::string text_of(const ProcessSample& sample, nanoseconds after) {
  const auto counted = [](std::uint32_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
  };
  std::string waits;
  const auto add = [&waits](const std::string& text) {
    waits += (waits.empty() ? "" : ", ") + text;
  };
  if (sample.unread != 0) add(counted(sample.unread, "session") + " with unread bytes");
  if (sample.queued != 0) add(counted(sample.queued, "listener") + " with clients in the queue");
  if (sample.line_waits) add("a line of standard input");
  if (waits.empty()) waits = "all of its threads burn the processor";
  const auto ms = std::chrono::duration_cast<milliseconds>(after).count();
  return "took no input for " + std::to_string(ms) + " ms that it could run; waiting: " + waits +
         "; " + std::to_string(sample.runnable) + " of " + counted(sample.threads, "thread") +
         " runnable";
}

}  // namespace

std::optional<std::string> HangRule::add(const ProcessSample& sample) {
  const std::optional<ProcessSample> before = std::exchange(last_, sample);
  if (!before || sample.progress != before->progress) {
    counted_ = nanoseconds(0);
    told_ = false;
    return std::nullopt;
  }
  if (sample.stopped || before->stopped) return std::nullopt;
  if (!something_waits(sample) && !(burns(*before) && burns(sample))) {
    counted_ = nanoseconds(0);
    return std::nullopt;
  }
  counted_ += counts(*before, sample);
  if (counted_ < after_ || std::exchange(told_, true)) return std::nullopt;
  return text_of(sample, after_);
}

HangWatch::HangWatch(const HangOptions& options, pid_t process, const std::string& ring_path)
    : process_(process),
      ring_path_(ring_path),
      between_(options.after.count() == 0
                   ? milliseconds(0)
                   : std::clamp(options.after / kLooks, kShortestPause, kLongestPause)),
      rule_(options.after),
      next_(Clock::now() + between_) {}

int HangWatch::ms_to_next_look() const {
  if (between_.count() == 0) return -1;
  const auto left = std::chrono::ceil<milliseconds>(next_ - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

std::optional<std::string> HangWatch::look(bool line_waits) {
  if (between_.count() == 0 || Clock::now() < next_) return std::nullopt;
  ProcessSample sample = sample_process(process_, ring_path_);
  sample.line_waits = line_waits;
  next_ = Clock::now() + between_;
  return rule_.add(sample);
}

}  // namespace crashreel
