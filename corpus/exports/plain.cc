// The forms that are their inputs' bytes, one after the other, with more or less around them.
#include <set>

#include "capture/reel/jsonl.h"
#include "corpus/exports/formats.h"

namespace crashreel {
namespace {

constexpr std::uint64_t kMaxMessageBytes = 0xffffffff;

void put_u32le(std::string& out, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift);
}

}  // namespace

Result<std::string> export_raw(const Reel& reel, const std::string&) {
  std::string bytes;
  for (const Input& input : reel.inputs)
    if (input.kind == InputKind::kData) bytes += input.data;
  return bytes;
}

// AFLNet's: each message is its length, four bytes as its machine has them (little-endian), and its
// bytes. It replays over one connection.
Result<std::string> export_aflnet(const Reel& reel, const std::string& name) {
  std::string bytes;
  std::set<std::uint32_t> sessions;
  for (const Input& input : reel.inputs) {
    if (input.kind != InputKind::kData) continue;
    sessions.insert(input.session);
    if (input.data.size() > kMaxMessageBytes)
      return Error{Trouble::kUsage, name + ": input " + std::to_string(input.seq) +
                                        " is longer than AFLNet's lengths; leave it out"};
    put_u32le(bytes, static_cast<std::uint32_t>(input.data.size()));
    bytes += input.data;
  }
  if (sessions.size() <= 1) return bytes;
  return Error{Trouble::kUsage, name + ": has " + std::to_string(sessions.size()) +
                                    " sessions, and AFLNet replays one; choose it with --session"};
}

Result<std::string> export_jsonl(const Reel& reel, const std::string&) {
  std::string lines;
  for (const Input& input : reel.inputs) lines += to_jsonl(input) + "\n";
  return lines;
}

}  // namespace crashreel
