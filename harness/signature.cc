#include "harness/signature.h"

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "capture/reel/telling_functions.h"
#include "harness/elf.h"

namespace crashreel {
namespace {

// A frame that comes back so often within an overflowed stack belongs to the recursion.
constexpr int kRecursionRepeats = 4;
constexpr std::size_t kLongestCall = 7;

struct Mapping {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t file_offset = 0;
  bool executable = false;
  std::string path;
};

// One line of /proc/self/maps: "begin-end rwxp offset dev inode   path".
bool parse_mapping(std::string_view line, Mapping& mapping) {
  const auto number = [&](std::uint64_t& value) {
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), value, 16);
    line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.data()));
    return parsed.ec == std::errc();
  };
  if (!number(mapping.begin) || line.empty() || line[0] != '-') return false;
  line.remove_prefix(1);
  if (!number(mapping.end) || line.size() < 6) return false;
  mapping.executable = line[3] == 'x';
  line.remove_prefix(6);
  if (!number(mapping.file_offset)) return false;
  const std::size_t slash = line.find('/');
  if (slash != std::string_view::npos) mapping.path = line.substr(slash);
  return mapping.begin < mapping.end;
}

std::vector<Mapping> parse_maps(std::string_view text) {
  std::vector<Mapping> maps;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    Mapping mapping;
    if (end == std::string_view::npos) break;  // cut off: the last line may be half
    if (parse_mapping(text.substr(0, end), mapping)) maps.push_back(mapping);
    text.remove_prefix(end + 1);
  }
  return maps;
}

// Files are read once; a try is not the place to parse the same libc a hundred times a second.
const ElfFile& elf_of(const std::string& path) {
  static std::mutex lock;
  static std::map<std::string, ElfFile> known;
  const std::lock_guard guard(lock);
  const auto found = known.find(path);
  if (found != known.end()) return found->second;
  static const ElfFile none;
  auto elf = read_elf(path);
  if (!elf) return none;  // and not remembered: hostile maps name any number of files
  return known[path] = std::move(*elf);
}

// Which file a frame's module is, for those who look up names later.
class Modules {
 public:
  void remember(const Frame& frame, const std::string& path) {
    const std::lock_guard guard(lock_);
    files_.try_emplace({frame.module, frame.build_id}, path);
  }

  std::string file_of(const Frame& frame) {
    const std::lock_guard guard(lock_);
    const auto found = files_.find({frame.module, frame.build_id});
    return found == files_.end() ? std::string() : found->second;
  }

 private:
  std::mutex lock_;
  std::map<std::pair<std::string, std::string>, std::string> files_;
};

Modules& modules() {
  static Modules known;
  return known;
}

class Stack {
 public:
  Stack(const ScriptCrash& crash, const std::string& executable, const std::string& name)
      : crash_(crash),
        program_name_(name),
        mapped_executable_(std::filesystem::weakly_canonical(executable, ignored_).string()),
        maps_(parse_maps({crash.maps, std::min(crash.maps_size.load(), kMaxCrashMaps)})) {}

  std::vector<Frame> walked() const {
    std::vector<Frame> frames;
    const std::uint32_t count = std::min(crash_.frame_count.load(), kMaxCrashFrames);
    for (std::uint32_t i = 0; i < count; ++i) {
      // A return address belongs to the call before it.
      frames.push_back(frame_at(crash_.frames[i] - (i == 0 ? 0 : 1)));
    }
    return frames;
  }

  // The recursion's frames, each once, in the order of their addresses.
  std::vector<Frame> recursion() const {
    const std::uint32_t size = std::min(crash_.stack_size.load(), kMaxCrashStack);
    std::vector<std::uint64_t> words(size / sizeof(std::uint64_t));
    if (words.empty()) return {};
    std::memcpy(words.data(), crash_.stack, words.size() * sizeof(std::uint64_t));
    std::sort(words.begin(), words.end());
    std::vector<Frame> frames;
    for (auto word = words.begin(); word != words.end();) {
      const auto next = std::upper_bound(word, words.end(), *word);
      if (next - word >= kRecursionRepeats && is_return_address(*word)) {
        frames.push_back(frame_at(*word - 1));
      }
      word = next;
    }
    std::sort(frames.begin(), frames.end(), [](const Frame& a, const Frame& b) {
      return std::tie(a.module, a.offset) < std::tie(b.module, b.offset);
    });
    return frames;
  }

 private:
  const Mapping* mapping_of(std::uint64_t address) const {
    for (const Mapping& mapping : maps_) {
      if (address >= mapping.begin && address < mapping.end) return &mapping;
    }
    return nullptr;
  }

  Frame frame_at(std::uint64_t address) const {
    const Mapping* mapping = mapping_of(address);
    if (mapping == nullptr || mapping->path.empty()) return {{}, {}, address, {}};
    const ElfFile& elf = elf_of(mapping->path);
    const std::uint64_t offset = elf.address_of(address - mapping->begin + mapping->file_offset);
    const bool is_program = mapping->path == mapped_executable_;
    const std::string& name = is_program ? program_name_ : mapping->path;
    const Frame frame = {name.substr(name.rfind('/') + 1), elf.build_id, offset, {}};
    if (!elf.segments.empty()) modules().remember(frame, mapping->path);
    return frame;
  }

  // Does a call instruction end here? Read from the file, for the process is gone.
  bool is_return_address(std::uint64_t word) const {
    const Mapping* mapping = mapping_of(word);
    if (mapping == nullptr || !mapping->executable || mapping->path.empty()) return false;
    if (word - mapping->begin < kLongestCall || elf_of(mapping->path).segments.empty())
      return false;
    std::ifstream file(mapping->path, std::ios::binary);
    file.seekg(
        static_cast<std::streamoff>(word - mapping->begin + mapping->file_offset - kLongestCall));
    unsigned char code[kLongestCall] = {};
    file.read(reinterpret_cast<char*>(code), kLongestCall);
    if (file.gcount() != static_cast<std::streamsize>(kLongestCall)) return false;
#if defined(__x86_64__)
    if (code[2] == 0xe8) return true;  // call rel32
    for (std::size_t length = 2; length <= kLongestCall; ++length) {
      const unsigned char* at = code + kLongestCall - length;
      if (at[0] == 0xff && (at[1] & 0x38) == 0x10) return true;  // call r/m64
    }
    return false;
#else
    return code[6] == 0x94 || code[6] == 0x97;  // bl
#endif
  }

  std::error_code ignored_;
  const ScriptCrash& crash_;
  const std::string& program_name_;
  std::string mapped_executable_;
  std::vector<Mapping> maps_;
};

}  // namespace

std::string file_of(const Frame& frame) {
  return modules().file_of(frame);
}

Signature signature_of(const ScriptCrash& crash, const std::string& executable,
                       const std::string& name) {
  const Stack stack(crash, executable, name);
  Signature signature;
  signature.kind = signal_name(crash.signal);
  if (crash.stack_size.load() != 0) {
    signature.frames = stack.recursion();
    if (!signature.frames.empty()) signature.kind = kOverflowKind;
  }
  if (signature.frames.empty()) signature.frames = stack.walked();
  return signature;
}

std::string describe(const Frame& frame) {
  if (!frame.symbol.empty()) return frame.symbol;
  char offset[32];
  const auto end = std::to_chars(offset, offset + sizeof offset, frame.offset, 16).ptr;
  const std::string hex = "0x" + std::string(offset, end);
  return frame.module.empty() ? hex : frame.module + "+" + hex;
}

std::string describe(const Signature& signature, std::size_t frames) {
  std::string text = signature.kind.empty() ? "no crash" : signature.kind;
  const std::size_t count = std::min(frames, signature.frames.size());
  for (std::size_t i = 0; i < count; ++i) {
    text += (i == 0 ? " in " : " < ") + describe(signature.frames[i]);
  }
  return text;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace crashreel
