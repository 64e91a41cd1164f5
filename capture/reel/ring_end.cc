#include "capture/reel/ring_end.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "capture/reel/wire.h"

namespace crashreel {
namespace {

using ring::EndHeader;

void put_frame(std::string& out, const Frame& frame) {
  put_text(out, frame.module);
  put_text(out, frame.build_id);
  put_fixed(out, frame.offset);
  put_text(out, frame.symbol);
}

// Frames come innermost first, and those say most.
std::string encode(const CrashFacts& facts, std::size_t room) {
  std::string head;
  put_fixed(head, static_cast<std::uint32_t>(facts.signal));
  put_fixed(head, static_cast<std::uint32_t>(facts.exit_status));
  put_fixed(head, facts.time_ns);
  head.push_back(facts.signature_from_replay ? 1 : 0);
  put_text(head, std::string_view(facts.signature.kind).substr(0, 256));
  std::string frames;
  std::uint16_t count = 0;
  for (const Frame& frame : facts.signature.frames) {
    const std::size_t before = frames.size();
    put_frame(frames, frame);
    if (head.size() + sizeof count + frames.size() > room || count == UINT16_MAX) {
      frames.resize(before);
      break;
    }
    ++count;
  }
  put_fixed(head, count);
  return head + frames;
}

std::optional<CrashFacts> decode(std::string_view payload) {
  WireReader reader(payload);
  CrashFacts facts;
  facts.known = true;
  facts.signal = static_cast<std::int32_t>(reader.fixed<std::uint32_t>());
  facts.exit_status = static_cast<std::int32_t>(reader.fixed<std::uint32_t>());
  facts.time_ns = reader.fixed<std::uint64_t>();
  facts.signature_from_replay = reader.boolean();
  facts.signature.kind = reader.text();
  const auto count = reader.fixed<std::uint16_t>();
  for (unsigned i = 0; i < count && reader.ok(); ++i) {
    Frame frame;
    frame.module = reader.text();
    frame.build_id = reader.text();
    frame.offset = reader.fixed<std::uint64_t>();
    frame.symbol = reader.text();
    facts.signature.frames.push_back(std::move(frame));
  }
  if (!reader.done()) return std::nullopt;
  return facts;
}

std::uint64_t since_start_ns(const ring::Superblock& super) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::uint64_t ns = static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
                           static_cast<std::uint64_t>(now.tv_nsec);
  const std::uint64_t start = super.start.monotonic_ns;
  return ns > start ? ns - start : 0;
}

Result<void> write_at(const std::string& path, std::uint64_t at, std::string_view bytes) {
  const auto failed = [&](int trouble) {
    return Error{Trouble::kEnvironment,
                 path + ": how the program ended can't be noted: " + std::strerror(trouble) +
                     "; check that the ring may be written"};
  };
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return failed(errno);
  const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
  const int trouble = written < 0 ? errno : EIO;
  ::close(fd);
  if (written != static_cast<ssize_t>(bytes.size())) return failed(trouble);
  return {};
}

}  // namespace

Result<void> note_end(const std::string& ring_path, const CrashFacts& facts) {
  const auto image = RingImage::open(ring_path);
  if (!image) return image.error();
  CrashFacts noted = facts;
  if (noted.time_ns == 0) noted.time_ns = since_start_ns(image->super());
  const std::string payload = encode(noted, image->super().end_bytes - sizeof(EndHeader));
  const EndHeader header{ring::kEndMagic, static_cast<std::uint32_t>(payload.size()),
                         ring::crc32(payload.data(), payload.size()), 0};
  const std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  return write_at(ring_path, image->super().end_offset, bytes + payload);
}

RingEnd read_end(const RingImage& image) {
  std::string scratch;
  const auto area = image.end(scratch);
  if (!area) return {{}, "end: not in the file"};
  EndHeader header;
  std::memcpy(&header, area->data(), sizeof header);
  if (header.magic == 0 && header.size == 0) return {};
  const std::string_view rest = area->substr(sizeof header);
  if (header.magic != ring::kEndMagic || header.size > rest.size() ||
      header.crc != ring::crc32(rest.data(), header.size)) {
    return {{}, "end: damaged; how the program ended is not known"};
  }
  auto facts = decode(rest.substr(0, header.size));
  if (!facts) return {{}, "end: can't be understood; how the program ended is not known"};
  return {std::move(*facts), {}};
}

}  // namespace crashreel
