// A report's page, whatever the reel and the answers of other verbs say: its tags are its own, and
// its data forms are JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/report/data_forms.h"
#include "tools/report/html.h"

namespace crashreel {
namespace {

std::string take(std::string& bytes, std::size_t most) {
  const std::size_t size =
      bytes.empty() ? 0 : std::min<std::size_t>(static_cast<unsigned char>(bytes[0]), most);
  const std::string taken = bytes.substr(std::min<std::size_t>(1, bytes.size()), size);
  bytes.erase(0, std::min(bytes.size(), size + 1));
  return taken;
}

ReadReel reel_of(std::string& bytes) {
  ReadReel read;
  Reel& reel = read.reel;
  reel.program.argv = {take(bytes, 40)};
  reel.program.build_id = take(bytes, 40);
  reel.crash.signature = {take(bytes, 40), {{take(bytes, 40), "", 1, take(bytes, 40)}}};
  for (std::uint64_t seq = 0; !bytes.empty() && seq < 64; ++seq) {
    Input input;
    input.seq = seq;
    input.kind = static_cast<InputKind>(1 + static_cast<unsigned char>(bytes.back()) % 4);
    input.session = static_cast<std::uint32_t>(bytes.size() % 3);
    input.time_ns = seq * bytes.size();
    input.data = take(bytes, 60);
    reel.inputs.push_back(std::move(input));
  }
  return read;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace
}  // namespace crashreel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace crashreel;
  std::string text(reinterpret_cast<const char*>(bytes), size);
  Evidence evidence;
  const std::size_t end = std::min(text.find('\n'), text.size());
  static_cast<void>(add_answer(text.substr(0, end), "answer", evidence));
  text.erase(0, end);
  const std::string path = take(text, 40);
  const ReadReel small = reel_of(text);
  const ReadReel large = reel_of(text);
  const ReportModel model = model_of({&small, path}, {&large, path}, std::move(evidence));
  const std::string html = html_of(model);
  check(count_of(html, "<script") == 3 && count_of(html, "</script") == 3);
  check(count_of(html, "<section") == count_of(html, "</section"));
  check(count_of(html, "<svg") == count_of(html, "</svg"));
  for (const std::string& data : {json_of(model), sarif_of(model), trace_of(model)}) {
    check(nlohmann::json::accept(data));
  }
  return 0;
}
