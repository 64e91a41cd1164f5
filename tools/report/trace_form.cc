#include <algorithm>

#include "harness/signature.h"
#include "tools/json.h"
#include "tools/report/data_forms.h"

namespace crashreel {
namespace {

// Thread 0 is for signals; a session's number may be 0, too.
std::uint64_t thread_of(std::uint32_t session) {
  return session == kNoSession ? 0 : std::uint64_t{session} + 1;
}

double microseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1000;
}

Json name_event(const char* what, std::uint64_t thread, const std::string& name) {
  return {{"ph", "M"}, {"pid", 1}, {"tid", thread}, {"name", what}, {"args", {{"name", name}}}};
}

Json input_event(const ReportInput& input) {
  return {{"ph", "i"},
          {"s", "t"},
          {"pid", 1},
          {"tid", thread_of(input.session)},
          {"ts", microseconds(input.time_ns)},
          {"name", input.is_kept ? "input" : "left out"},
          {"cat", input.is_kept ? "kept" : "dropped"},
          {"args", {{"seq", input.seq}, {"bytes", input.bytes}}}};
}

class Trace {
 public:
  explicit Trace(const ReportModel& model) : model_(model) {}

  std::string text() {
    const std::string& program =
        model_.program.argv.empty() ? model_.program.executable : model_.program.argv.front();
    events_.push_back(name_event("process_name", 0, program));
    for (const ReportSession& session : model_.sessions) {
      const bool is_session = session.session != kNoSession;
      events_.push_back(name_event(
          "thread_name", thread_of(session.session),
          is_session ? "session " + std::to_string(session.session) + " " + session.opening
                     : "signals"));
    }
    for (const ReportInput& input : model_.inputs) events_.push_back(input_event(input));
    const Evidence& evidence = model_.evidence;
    if (evidence.reach) mark("reach", evidence.reach->oldest_seq);
    if (evidence.divergence) mark("divergence", evidence.divergence->seq);
    if (evidence.blame) mark("poison", evidence.blame->poison_seq);
    if (evidence.blame) mark("trigger", evidence.blame->trigger_seq);
    Json trace = {{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events_)}};
    trace["otherData"] = {{"signature", describe(model_.crash.signature)},
                          {"reel", model_.reel_path},
                          {"build_id", model_.program.build_id}};
    return to_text(trace) + "\n";
  }

 private:
  // A line over all threads.
  void mark(const char* what, std::uint64_t seq) {
    const auto found = std::ranges::lower_bound(model_.inputs, seq, {}, &ReportInput::seq);
    if (found == model_.inputs.end() || found->seq != seq) return;
    events_.push_back({{"ph", "i"},
                       {"s", "g"},
                       {"pid", 1},
                       {"tid", thread_of(found->session)},
                       {"ts", microseconds(found->time_ns)},
                       {"name", what},
                       {"args", {{"seq", seq}}}});
  }

  const ReportModel& model_;
  Json events_ = Json::array();
};

}  // namespace

std::string trace_of(const ReportModel& model) {
  return Trace(model).text();
}

}  // namespace crashreel
