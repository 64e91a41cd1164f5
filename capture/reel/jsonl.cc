#include "capture/reel/jsonl.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "capture/reel/base64.h"
#include "capture/reel/reel_format.h"

namespace crashreel {
namespace {

using Json = nlohmann::json;

// Keys, escapes and white space need room besides the payload.
constexpr std::uint64_t kMaxLineBytes = kMaxPayloadBytes / 3 * 4 + (std::uint64_t{1} << 20);

bool has_session(InputKind kind) {
  return kind == InputKind::kOpen || kind == InputKind::kData || kind == InputKind::kClose;
}

// One line on its way to an Input. After the first thing that is wrong `trouble` says what and what
// to do, and the rest no longer matters.
class LineParser {
 public:
  LineParser(const Json& line, std::uint64_t next_seq) : line_(line) {
    if (!line.is_object()) {
      trouble_ = "is no JSON object; write {\"session\":1,\"data\":\"BASE64\"}";
      return;
    }
    input_.kind = kind();
    input_.seq = number("seq", UINT64_MAX, next_seq);
    input_.time_ns = number("time_ns", UINT64_MAX, 0);
    input_.thread = static_cast<std::uint32_t>(number("thread", UINT32_MAX, 0));
    input_.session = session();
    input_.place = place();
    input_.data = data();
    if (input_.seq < next_seq)
      fail("seq", "is " + std::to_string(input_.seq) + " and does not rise above the line before",
           "put the lines in order, or leave seq out");
  }

  const std::string& trouble() const { return trouble_; }
  Input take() { return std::move(input_); }

 private:
  const Json* find(const char* key) const {
    const auto found = line_.find(key);
    return found == line_.end() ? nullptr : &*found;
  }

  void fail(const char* key, const std::string& what, const std::string& next) {
    if (trouble_.empty()) trouble_ = std::string("\"") + key + "\" " + what + "; " + next;
  }

  std::uint64_t number(const char* key, std::uint64_t most, std::optional<std::uint64_t> absent) {
    const Json* value = find(key);
    if (value == nullptr && absent) return *absent;
    if (value == nullptr) return fail(key, "is missing", "give the number of the session"), 0;
    if (value->is_number_unsigned() && value->get<std::uint64_t>() <= most)
      return value->get<std::uint64_t>();
    fail(key, "is no whole number from 0 to " + std::to_string(most), "write one without quotes");
    return 0;
  }

  InputKind kind() {
    const Json* value = find("kind");
    if (value == nullptr) return InputKind::kData;
    const auto known = value->is_string() ? input_kind_of(value->get_ref<const std::string&>())
                                          : std::optional<InputKind>();
    if (!known)
      fail("kind", "is none that is known",
           "write open, data, close, signal, clock, random, note, masked or digest");
    return known.value_or(InputKind::kData);
  }

  Place place() {
    const Json* value = find("place");
    if (value == nullptr) return Place::kTail;
    const auto known = value->is_string() ? place_of(value->get_ref<const std::string&>())
                                          : std::optional<Place>();
    if (!known) fail("place", "is none that is known", "write tail, prelude, head or pinned");
    return known.value_or(Place::kTail);
  }

  std::uint32_t session() {
    const Json* value = find("session");
    if (value != nullptr && value->is_null()) return kNoSession;
    const auto absent =
        has_session(input_.kind) ? std::nullopt : std::optional<std::uint64_t>(kNoSession);
    return static_cast<std::uint32_t>(number("session", UINT32_MAX, absent));
  }

  std::string data() {
    const Json* value = find("data");
    const bool may_lack = input_.kind == InputKind::kOpen || input_.kind == InputKind::kClose;
    if (value == nullptr && may_lack) return "";
    if (value == nullptr) return fail("data", "is missing", "give the bytes in base64"), "";
    std::optional<std::string> bytes;
    if (value->is_string()) bytes = from_base64(value->get_ref<const std::string&>());
    if (!bytes)
      return fail("data", "is not base64",
                  "encode it with `base64 -w0`: standard alphabet, padded, without line breaks"),
             "";
    if (bytes->size() > kMaxPayloadBytes)
      return fail("data", "is larger than " + std::to_string(kMaxPayloadBytes) + " bytes",
                  "split it into several inputs"),
             "";
    return std::move(*bytes);
  }

  const Json& line_;
  Input input_;
  std::string trouble_;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

std::string to_jsonl(const Input& input) {
  const std::string session = input.session == kNoSession ? "null" : std::to_string(input.session);
  const std::string place =
      input.place == Place::kTail ? "" : std::string(",\"place\":\"") + name_of(input.place) + "\"";
  return "{\"seq\":" + std::to_string(input.seq) + ",\"time_ns\":" + std::to_string(input.time_ns) +
         ",\"thread\":" + std::to_string(input.thread) + ",\"session\":" + session +
         ",\"kind\":\"" + name_of(input.kind) + "\"" + place + ",\"data\":\"" +
         to_base64(input.data) + "\"}";
}

Result<std::vector<Input>> parse_jsonl(std::string_view text, const std::string& name) {
  std::vector<Input> inputs;
  std::uint64_t number = 0;
  const auto failed = [&](const std::string& what) {
    return Error{Trouble::kUsage, name + ":" + std::to_string(number) + ": " + what};
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (is_blank(line)) continue;
    if (line.size() > kMaxLineBytes)
      return failed("is " + std::to_string(line.size()) + " bytes long, exceeds " +
                    std::to_string(kMaxLineBytes) + "; split its payload into several inputs");
    if (inputs.size() == kMaxInputs) return failed("is one input too many; split the file");
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded())
      return failed("is not JSON; each line must be one object, with its strings in UTF-8");
    if (!inputs.empty() && inputs.back().seq == UINT64_MAX)
      return failed("has no seq left above that of the line before; leave seq out");
    LineParser parser(json, inputs.empty() ? 0 : inputs.back().seq + 1);
    if (!parser.trouble().empty()) return failed(parser.trouble());
    inputs.push_back(parser.take());
  }
  return inputs;
}

}  // namespace crashreel
