#include "tools/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "tools/console.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Ten times a second looks alive; nobody reads faster. The first line of a log waits as long as the
// others, so short work says nothing.
constexpr milliseconds kInPlaceEvery{100};
constexpr milliseconds kLineEvery = seconds(5);

ProgressStyle style_for(const Console& console) {
  if (console.quiet()) return ProgressStyle::kSilent;
  return console.narrates_on_terminal() ? ProgressStyle::kInPlace : ProgressStyle::kLines;
}

std::size_t error_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void write_to_stderr(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

ProgressLine::ProgressLine(const Console& console)
    : ProgressLine(style_for(console), error_columns(), std::chrono::steady_clock::now,
                   write_to_stderr) {}

ProgressLine::ProgressLine(ProgressStyle style, std::size_t columns, Clock clock, Sink sink)
    : style_(style),
      columns_(columns),
      clock_(std::move(clock)),
      sink_(std::move(sink)),
      shown_(clock_()) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::update(std::string_view line) {
  if (style_ == ProgressStyle::kSilent) return;
  bool in_place = style_ == ProgressStyle::kInPlace;
  auto now = clock_();
  if (now - shown_ < (in_place ? kInPlaceEvery : kLineEvery)) return;
  shown_ = now;
  if (in_place) {
    // One column stays free: a full line would wrap, and the next would not overwrite it.
    sink_("\r\033[K" + preview(line, columns_ > 1 ? columns_ - 1 : 1));
    standing_ = true;
  } else {
    sink_("crashreel: " + without_controls(line) + "\n");
  }
}

void ProgressLine::clear() {
  if (!standing_) return;
  sink_("\r\033[K");
  standing_ = false;
}

}  // namespace crashreel
