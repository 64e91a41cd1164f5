#include "corpus/index.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "capture/reel/byte_source.h"
#include "capture/reel/new_file.h"
#include "corpus/publish.h"

namespace crashreel {
namespace {

using Json = nlohmann::ordered_json;

// More is no line of ours: a stack has at most a few thousand frames.
constexpr std::size_t kMaxLineBytes = std::size_t{4} << 20;

Json json_of(const Frame& frame) {
  return Json::array({frame.module, frame.build_id, frame.offset, frame.symbol});
}

// The library would convert what is no whole number, as far as it can.
std::uint64_t number_in(const Json& json) {
  if (!json.is_number_unsigned()) throw std::out_of_range("number");
  return json.get<std::uint64_t>();
}

Frame frame_of(const Json& json) {
  return {json.at(0).get<std::string>(), json.at(1).get<std::string>(), number_in(json.at(2)),
          json.at(3).get<std::string>()};
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() ? std::string() : found->get<std::string>();
}

std::uint64_t number_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() ? 0 : number_in(*found);
}

bool is_name(const std::string& name) {
  return name.size() == 40 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Throws what the JSON library throws where a member is of another kind than it should be.
SeedFacts facts_of(const Json& json) {
  SeedFacts facts;
  facts.name = json.at("name").get<std::string>();
  if (!is_name(facts.name)) throw std::out_of_range("name");
  facts.bytes = number_of(json, "bytes");
  facts.inputs = number_of(json, "inputs");
  facts.sessions = number_of(json, "sessions");
  facts.signature.kind = text_of(json, "kind");
  if (const auto frames = json.find("frames"); frames != json.end())
    for (const Json& frame : *frames) facts.signature.frames.push_back(frame_of(frame));
  facts.executable = text_of(json, "executable");
  facts.build_id = text_of(json, "build_id");
  facts.origin = text_of(json, "origin");
  facts.parent = text_of(json, "parent");
  facts.added_ns = number_of(json, "added_ns");
  facts.crashed_ns = number_of(json, "crashed_ns");
  const auto removed = json.find("removed");
  facts.removed = removed != json.end() && removed->get<bool>();
  return facts;
}

bool parse_line(std::string_view line, SeedIndex& seeds) {
  if (line.size() > kMaxLineBytes) return false;
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return false;
  try {
    SeedFacts facts = facts_of(json);
    std::string name = facts.name;
    seeds.insert_or_assign(std::move(name), std::move(facts));
    return true;
  } catch (const std::exception&) {  // of the JSON library: another type than the member has
    return false;
  }
}

Result<void> write_all(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_store(path, "can't be written");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return cannot_store(path, "can't be made durable");
  return {};
}

}  // namespace

std::string to_index_line(const SeedFacts& facts) {
  Json json;
  json["name"] = facts.name;
  json["bytes"] = facts.bytes;
  json["inputs"] = facts.inputs;
  json["sessions"] = facts.sessions;
  if (!facts.signature.kind.empty()) json["kind"] = facts.signature.kind;
  for (const Frame& frame : facts.signature.frames) json["frames"].push_back(json_of(frame));
  const auto put = [&](const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
  };
  put("executable", facts.executable);
  put("build_id", facts.build_id);
  put("origin", facts.origin);
  put("parent", facts.parent);
  if (facts.added_ns != 0) json["added_ns"] = facts.added_ns;
  if (facts.crashed_ns != 0) json["crashed_ns"] = facts.crashed_ns;
  if (facts.removed) json["removed"] = true;
  return "\n" + json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

ReadIndex parse_index(std::string_view text) {
  ReadIndex index;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    ++index.lines;
    if (!parse_line(line, index.seeds)) ++index.broken_lines;
  }
  return index;
}

Result<ReadIndex> read_index(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return ReadIndex{};
  const Result<std::unique_ptr<ByteSource>> source = open_file(path, "an index");
  if (!source) return source.error();
  std::string scratch;
  const auto text = (*source)->view(0, (*source)->size(), scratch);
  if (!text)
    return Error{Trouble::kEnvironment, path +
                                            ": can't be read to its end; remove it, and it is "
                                            "rebuilt from what lies beside the seeds"};
  return parse_index(*text);
}

Result<void> append_to_index(const std::string& path, std::span<const SeedFacts> facts) {
  if (facts.empty()) return {};
  std::string lines;
  for (const SeedFacts& seed : facts) lines += to_index_line(seed);
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_store(path, "can't be opened");
  Result<void> written = write_all(fd, path, lines);
  ::close(fd);
  return written;
}

Result<void> write_index(const std::string& hidden, const std::string& path,
                         const SeedIndex& seeds) {
  Result<NewFile> file = NewFile::in(hidden, path);
  if (!file) return file.error();
  for (const auto& [name, facts] : seeds)
    if (Result<void> written = file->write(to_index_line(facts)); !written) return written;
  return file->publish();
}

}  // namespace crashreel
