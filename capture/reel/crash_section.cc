#include "capture/reel/crash_section.h"

#include <string_view>

namespace crashreel {
namespace {

bool says_nothing(const CrashFacts& crash) {
  return crash.reason == SaveReason::kUnknown && !crash.still_running && !crash.code &&
         !crash.address && crash.report.empty();
}

}  // namespace

std::string encode_crash_section(const ReelFacts& facts) {
  const CrashFacts& crash = facts.crash;
  std::string out;
  if (says_nothing(crash)) return out;
  put_varint(out, static_cast<std::uint64_t>(crash.reason));
  put_varint(out, crash.still_running);
  put_varint(out, crash.code.has_value());
  if (crash.code) put_varint(out, zigzag(static_cast<std::uint64_t>(std::int64_t{*crash.code})));
  put_varint(out, crash.address.has_value());
  if (crash.address) put_varint(out, *crash.address);
  put_text(out, std::string_view(crash.report).substr(0, kMaxReportBytes));
  return out;
}

// A reason that a later version added is none that we could name.
void decode_crash_section(WireReader& content, ReelFacts& facts) {
  CrashFacts& crash = facts.crash;
  const std::uint64_t reason = content.varint();
  if (reason <= static_cast<std::uint64_t>(kLastSaveReason)) {
    crash.reason = static_cast<SaveReason>(reason);
  }
  crash.still_running = content.boolean();
  crash.code.reset();
  crash.address.reset();
  if (content.boolean()) {
    crash.code = static_cast<std::int32_t>(unzigzag(content.varint(kMaxU32)));
  }
  if (content.boolean()) crash.address = content.varint();
  crash.report = content.take(content.varint(kMaxReportBytes));
}

}  // namespace crashreel
