#include "corpus/seed_writer.h"

#include <algorithm>
#include <cstring>

#include "capture/reel/reel.h"
#include "capture/reel/wire.h"

namespace crashreel {
namespace {

void put_payload(std::string& out, std::string_view data) {
  const void* found;
  while (!data.empty() && (found = std::memchr(data.data(), kSeedMark, data.size())) != nullptr) {
    const auto with_mark =
        static_cast<std::size_t>(static_cast<const char*>(found) - data.data()) + 1;
    out.append(data.substr(0, with_mark)).push_back(kSeedMark);
    data.remove_prefix(with_mark);
  }
  out.append(data);
}

}  // namespace

void SeedWriter::add(std::uint32_t kind, std::uint32_t session, std::uint64_t gap_ns,
                     std::string_view data) {
  const SessionChoice choice = choose(session);
  const std::uint64_t gap = is_first_ ? 0 : std::min(gap_ns, UINT64_MAX - time_ns_);
  const bool is_bare = is_first_ && kind == static_cast<std::uint32_t>(InputKind::kData) &&
                       choice == SessionChoice::kNew && !data.empty();
  is_first_ = false;
  time_ns_ += gap;
  if (!is_bare) {
    const unsigned tag = kSeedLetter | (gap != 0 ? kSeedHasGap : 0) |
                         static_cast<unsigned>(choice) << kSeedSessionShift | kind;
    const char mark_and_tag[] = {kSeedMark, static_cast<char>(tag)};
    out_.append(mark_and_tag, sizeof mark_and_tag);
    if (choice == SessionChoice::kNamed) put_varint(out_, session);
    if (gap != 0) put_varint(out_, gap);
  }
  put_payload(out_, data);
}

SessionChoice SeedWriter::choose(std::uint32_t session) {
  if (session == kNoSession) return SessionChoice::kNone;
  if (session == sessions_.last) return SessionChoice::kSame;
  if (session == sessions_.given) return sessions_.fresh(), SessionChoice::kNew;
  return sessions_.use(session), SessionChoice::kNamed;
}

}  // namespace crashreel
