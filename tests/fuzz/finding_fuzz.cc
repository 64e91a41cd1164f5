// What a program printed is never trusted: its last words may look like a sanitizer's report, and
// the names of its functions like anything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "capture/reel/telling_functions.h"
#include "harness/complaint.h"
#include "harness/sanitizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::string finding = crashreel::finding_in(text);
  if (finding.size() > 200 || finding.find('\n') != std::string::npos) std::abort();
  const std::string complaint = crashreel::complaint_in(text);
  if (complaint.size() > 200 || complaint.find('\n') != std::string::npos) std::abort();
  const std::string name = crashreel::plain_name(text);
  if (name.size() > size + sizeof "{lambda}" * (size / 2 + 1)) std::abort();
  const crashreel::Frame frame = {"program", {}, 0, std::string(text)};
  const crashreel::Signature signature = {"SIGABRT", {frame, frame}};
  if (crashreel::telling_functions(signature, 3).names.size() > 3) std::abort();
  return 0;
}
