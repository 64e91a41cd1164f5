#include "minimizer/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

#include "capture/base/check.h"

namespace crashreel {
namespace {

constexpr std::string_view kMagic = "crashreel journal 1 ";
constexpr std::size_t kKeyDigits = 32;
constexpr std::size_t kLineBytes = kKeyDigits + 5;    // key, space, verdict, space, check, newline
constexpr std::string_view kVerdictLetters = "rpdu";  // in the order of Verdict

std::string hex(const ContentKey& key) {
  char digits[kKeyDigits + 1];
  std::snprintf(digits, sizeof digits, "%016" PRIx64 "%016" PRIx64, key.high, key.low);
  return digits;
}

std::optional<ContentKey> parse_hex(std::string_view digits) {
  std::uint64_t words[2] = {};
  for (std::size_t i = 0; i < kKeyDigits; ++i) {
    const char c = digits[i];
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return std::nullopt;
    words[i / 16] =
        words[i / 16] << 4 | static_cast<std::uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return ContentKey{.low = words[1], .high = words[0]};
}

// One letter, which any single changed byte changes (five is prime to 26).
char check_letter(std::string_view text) {
  unsigned sum = 7;
  for (const char c : text) sum = (sum * 5 + static_cast<unsigned char>(c)) % 26;
  return static_cast<char>('a' + sum);
}

Error trouble_with(const std::string& path, const std::string& what) {
  return {Trouble::kEnvironment, path + ": " + what};
}

Result<std::string> read_all(int file, const std::string& path) {
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = pread(file, buffer, sizeof buffer, static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return trouble_with(path, std::strerror(errno));
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = write(file, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

std::string JournalText::header(const ContentKey& identity) {
  return std::string(kMagic) + hex(identity) + "\n";
}

std::string JournalText::line(const Line& line) {
  std::string text = hex(line.key) + " " + kVerdictLetters[static_cast<std::size_t>(line.verdict)];
  return text + " " + check_letter(text) + "\n";
}

std::optional<JournalText> JournalText::parse(std::string_view text) {
  const std::size_t header_bytes = kMagic.size() + kKeyDigits + 1;
  if (text.size() < header_bytes || !text.starts_with(kMagic) || text[header_bytes - 1] != '\n') {
    return std::nullopt;
  }
  const auto identity = parse_hex(text.substr(kMagic.size(), kKeyDigits));
  if (!identity) return std::nullopt;
  JournalText journal{.identity = *identity, .lines = {}, .good_bytes = header_bytes};
  for (; journal.good_bytes + kLineBytes <= text.size(); journal.good_bytes += kLineBytes) {
    const std::string_view line = text.substr(journal.good_bytes, kLineBytes);
    const auto key = parse_hex(line);
    const std::size_t verdict = kVerdictLetters.find(line[kKeyDigits + 1]);
    if (!key || verdict == std::string_view::npos) break;
    const Line parsed{.key = *key, .verdict = static_cast<Verdict>(verdict)};
    if (JournalText::line(parsed) != line) break;
    journal.lines.push_back(parsed);
  }
  return journal;
}

Result<Journal> Journal::open(const std::string& path, const ContentKey& identity) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return trouble_with(path, std::strerror(errno));
  Journal journal(file, path);
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    return trouble_with(path, "another minimization is writing it; wait for its end");
  }
  Result<std::string> text = read_all(file, path);
  if (!text) return text.error();
  const std::string header = JournalText::header(identity);
  const auto parsed = JournalText::parse(*text);
  if (parsed) {
    if (parsed->identity != identity) {
      return trouble_with(path, "is the journal of another minimization; name another one");
    }
    for (const JournalText::Line& line : parsed->lines) {
      journal.answers_[line.key].given.push_back(line.verdict);
    }
    if (ftruncate(file, static_cast<off_t>(parsed->good_bytes)) != 0) {
      return trouble_with(path, std::strerror(errno));
    }
    return journal;
  }
  // Killed while the header was written: begun anew. Anything else is somebody's file.
  if (!header.starts_with(*text)) return trouble_with(path, "is no journal; name another file");
  if (ftruncate(file, 0) != 0 || !write_all(file, header)) {
    return trouble_with(path, std::strerror(errno));
  }
  return journal;
}

Journal::Journal(Journal&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      path_(std::move(other.path_)),
      answers_(std::move(other.answers_)),
      recalled_(other.recalled_),
      trouble_(std::move(other.trouble_)) {}

Journal::~Journal() {
  if (file_ >= 0) close(file_);
}

std::optional<Verdict> Journal::recall(const ContentKey& key) {
  const auto found = answers_.find(key);
  if (found == answers_.end()) return std::nullopt;
  Answers& answers = found->second;
  if (answers.next == answers.given.size()) return std::nullopt;
  ++recalled_;
  return answers.given[answers.next++];
}

void Journal::note(const ContentKey& key, Verdict verdict) {
  if (!trouble_.empty()) return;
  if (!write_all(file_, JournalText::line({.key = key, .verdict = verdict}))) {
    trouble_ = path_ + ": " + std::strerror(errno);
  }
}

Verdict JournalledOracle::ask(std::span<const std::uint32_t> kept) {
  const ContentKey key = key_of_(kept);
  if (const auto known = journal_.recall(key)) return *known;
  const Verdict verdict = inner_.ask(kept);
  journal_.note(key, verdict);
  return verdict;
}

namespace {

// Of several questions those that the journal did not answer, raced on under their old numbers.
class RestRace : public Race {
 public:
  RestRace(Race& outer, const std::vector<std::size_t>& places,
           const std::function<void(std::size_t, Verdict)>& note)
      : outer_(outer), places_(places), note_(note) {}
  void answered(std::size_t index, Verdict verdict) override {
    note_(places_[index], verdict);
    outer_.answered(places_[index], verdict);
  }
  bool needless(std::size_t index) const override { return outer_.needless(places_[index]); }

 private:
  Race& outer_;
  const std::vector<std::size_t>& places_;
  const std::function<void(std::size_t, Verdict)>& note_;
};

class AllWanted : public Race {
 public:
  void answered(std::size_t, Verdict) override {}
  bool needless(std::size_t) const override { return false; }
};

}  // namespace

std::vector<Verdict> JournalledOracle::ask_all(std::span<const Choice> choices) {
  AllWanted all_wanted;
  std::vector<Verdict> verdicts;
  for (const std::optional<Verdict>& verdict : race(choices, all_wanted)) {
    verdicts.push_back(verdict.value());
  }
  return verdicts;
}

std::vector<std::optional<Verdict>> JournalledOracle::race(std::span<const Choice> choices,
                                                           Race& race) {
  std::vector<std::optional<Verdict>> verdicts(choices.size());
  std::vector<Choice> open;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    verdicts[i] = journal_.recall(key_of_(choices[i]));
    if (verdicts[i]) {
      race.answered(i, *verdicts[i]);
    } else {
      open.push_back(choices[i]);
      places.push_back(i);
    }
  }
  if (open.empty()) return verdicts;
  const std::function<void(std::size_t, Verdict)> note = [&](std::size_t place, Verdict verdict) {
    journal_.note(key_of_(choices[place]), verdict);
    verdicts[place] = verdict;
  };
  RestRace rest(race, places, note);
  CRASHREEL_CHECK(inner_.race(open, rest).size() == open.size());
  return verdicts;
}

}  // namespace crashreel
