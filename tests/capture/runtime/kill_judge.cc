// Salvage's account of a killed program's ring, held against the truth.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "capture/reel/ring_copies.h"
#include "capture/reel/ring_image.h"
#include "capture/reel/whole_inputs.h"
#include "tests/capture/reel/whole_salvage.h"
#include "tests/capture/runtime/kill_run.h"
#include "tests/capture/runtime/payloads.h"

namespace crashreel {
namespace {

struct Shown {
  std::uint64_t count = 0;
  std::uint32_t newest = 0;
};

// Each input of the reel is whole, and each writer's come in their order.
std::map<std::uint32_t, Shown> check_shown(const Reel& reel, KillAccount& account) {
  std::map<std::uint32_t, Shown> shown;
  for (const Input& input : reel.inputs) {
    const auto label = read_payload(input.data);
    if (!label || label->writer >= kWriters || label->writer != input.session) {
      ++account.torn_shown;
      complain(account, "torn input shown: seq " + std::to_string(input.seq));
      continue;
    }
    Shown& mine = shown[label->writer];
    if (mine.count != 0 && label->number <= mine.newest) {
      ++account.miscounted;
      complain(account, "out of order: seq " + std::to_string(input.seq));
    }
    ++mine.count;
    mine.newest = label->number;
  }
  return shown;
}

// In [begin, end) each writer's numbers have no gap; in the prelude, which is the first part of the
// reel, they begin with 0.
void check_no_gaps(const Reel& reel, std::size_t begin, std::size_t end, KillAccount& account) {
  std::map<std::uint32_t, std::uint32_t> next;
  for (std::size_t i = begin; i < end; ++i) {
    const auto label = read_payload(reel.inputs[i].data);
    if (!label) continue;
    const bool in_prelude = reel.inputs[i].place == Place::kPrelude;
    const auto it = next.try_emplace(label->writer, in_prelude ? 0 : label->number).first;
    if (it->second != label->number) {
      ++account.missing;
      complain(account, "writer " + std::to_string(label->writer) + ": " +
                            std::to_string(label->number) + " where " + std::to_string(it->second) +
                            " should be");
    }
    it->second = label->number + 1;
  }
}

std::size_t tail_begin_of(const Reel& reel) {
  const auto tail = std::ranges::find(reel.inputs, Place::kTail, &Input::place);
  return static_cast<std::size_t>(tail - reel.inputs.begin());
}

// A head, with what the prelude has of it, is the first inputs of a session, none missing. Of what
// is open the opening is there, whatever became of the rest; and of what was pinned the newest.
void check_kept(const Reel& reel, const Truth& truth, KillAccount& account) {
  std::map<std::uint32_t, std::uint32_t> next_of_head;
  std::set<std::pair<std::uint32_t, std::uint64_t>> there;
  for (const Input& input : reel.inputs) {
    const auto label = read_payload(input.data);
    if (!label) continue;
    there.insert({label->writer, label->number + std::uint64_t{1}});
    if (input.place != Place::kHead && input.place != Place::kPrelude) continue;
    const bool opens = input.kind == InputKind::kOpen;
    std::uint32_t& next = next_of_head[label->writer];
    // What is in the prelude already is not there a second time.
    if (input.place == Place::kHead && !opens && label->number != next) {
      ++account.missing;
      complain(account, "head of writer " + std::to_string(label->writer) + ": " +
                            std::to_string(label->number) + " where " + std::to_string(next) +
                            " should be");
    }
    next = label->number + 1;
  }
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    const WriterTruth& mine = truth.writers[writer];
    const bool head = mine.opened == 0 || there.contains({writer, mine.opened});
    const bool pin = mine.pin_done == 0 || there.contains({writer, mine.pin_done}) ||
                     there.contains({writer, mine.pin_begun});
    if (head && pin) continue;
    ++account.missing;
    complain(account, "writer " + std::to_string(writer) +
                          (head ? ": what was pinned" : ": its opening") + " is not there");
  }
}

// What the chunks hold, whatever of it comes into a reel.
struct Collection {
  std::vector<std::uint64_t> stamps;  // of whole inputs, the newest first
  std::uint64_t bytes = 0;            // of these
  std::uint64_t overwritten_inputs = 0;
  std::uint64_t overwritten_bytes = 0;
};

Collection collect(const RingImage& image) {
  ChunkTable table = read_chunk_table(image, false, UINT64_MAX);
  NewestFirst inputs(image, table);
  Collection found;
  for (WholeInput input; inputs.next(input);) {
    found.stamps.push_back(input.at.stamp);
    found.bytes += input.size;
  }
  found.overwritten_inputs = table.overwritten_inputs + inputs.overwritten_inputs();
  found.overwritten_bytes = table.overwritten_bytes + inputs.overwritten_bytes();
  return found;
}

// The tail is everything from its first input on: what each writer committed just before its own
// first input there must be older than that.
void check_complete(const Collection& found, bool stamps_are_cycles, const Reel& reel,
                    const Truth& truth, KillAccount& account) {
  const std::size_t tail = reel.inputs.size() - tail_begin_of(reel);
  if (tail == 0) return;
  const std::uint64_t floor = found.stamps[tail - 1];
  std::map<std::uint32_t, std::uint64_t> first;
  for (std::size_t i = reel.inputs.size() - tail; i < reel.inputs.size(); ++i) {
    if (const auto label = read_payload(reel.inputs[i].data)) {
      first.try_emplace(label->writer, label->number);
    }
  }
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    const std::uint64_t done = truth.writers[writer].done;
    const auto it = first.find(writer);
    const std::uint64_t end = it == first.end() ? done : it->second;
    // The one in flight has written its moment already, over the one that is kMoments older.
    if (end == 0 || done - end >= kMoments - 1) continue;
    const Moment& before = truth.before[writer][(end - 1) % kMoments];
    if ((stamps_are_cycles ? before.cycles : before.ns) <= floor) continue;
    ++account.missing;
    complain(account, "writer " + std::to_string(writer) + ": " + std::to_string(end - 1) +
                          " is newer than the tail's first input, and not in it");
  }
}

// What the writers committed in all must be what salvage shows and counts.
void check_counts(const Collection& found, const Reel& reel,
                  const std::map<std::uint32_t, Shown>& shown, const Truth& truth,
                  KillAccount& account) {
  std::uint64_t least = 0, most = 0, least_bytes = 0, most_bytes = 0;
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    const WriterTruth& mine = truth.writers[writer];
    const auto it = shown.find(writer);
    const std::uint64_t newest = it == shown.end() ? 0 : it->second.newest + 1u;
    const bool in_flight_came_through = newest > mine.done;
    least += in_flight_came_through ? mine.begun : mine.done;
    most += mine.begun;
    least_bytes += in_flight_came_through ? mine.begun_bytes : mine.done_bytes;
    most_bytes += mine.begun_bytes;
  }
  account.recorded = found.overwritten_inputs + found.stamps.size();
  const std::uint64_t bytes = found.overwritten_bytes + found.bytes;
  const Loss& loss = reel.loss;
  const std::uint64_t said = loss.overwritten_inputs + loss.sparse_inputs + reel.inputs.size();
  // The newest of all is the last of the tail. There may be no tail: when each thread is in the
  // middle of a large input, what these have overwritten can be newer than all that is whole.
  const bool has_tail = reel.inputs.size() > prelude_of(reel);
  const std::uint64_t last_seq = has_tail ? reel.inputs.back().seq + 1 : said;
  if (account.recorded < least || account.recorded > most) {
    account.miscounted +=
        account.recorded < least ? least - account.recorded : account.recorded - most;
    complain(account, "counted " + std::to_string(account.recorded) + " inputs, there were " +
                          std::to_string(least) + " to " + std::to_string(most));
  }
  if (bytes < least_bytes || bytes > most_bytes) {
    ++account.miscounted;
    complain(account, "counted " + std::to_string(bytes) + " bytes, there were " +
                          std::to_string(least_bytes) + " to " + std::to_string(most_bytes));
  }
  if (said != account.recorded || last_seq != account.recorded) {
    ++account.miscounted;
    complain(account, "loss and seq disagree: " + std::to_string(said) + ", " +
                          std::to_string(last_seq) + ", " + std::to_string(account.recorded));
  }
  if (loss.torn_inputs + account.recorded > most) {
    ++account.miscounted;
    complain(account, "more torn inputs than were in flight");
  }
  if (loss.dropped_inputs != 0) complain(account, "inputs were dropped");
}

}  // namespace

void complain(KillAccount& account, const std::string& what) {
  if (account.complaints.size() < 10) account.complaints.push_back(what);
}

KillAccount judge(const std::string& ring_path, const Truth& truth) {
  KillAccount account;
  const auto read = salvage_ring(ring_path);
  const auto image = RingImage::open(ring_path);
  if (!read || !image) {
    complain(account, read ? image.error().message : read.error().message);
    return account;
  }
  for (const std::string& what : read->damage.notes) complain(account, "damage: " + what);
  const Collection found = collect(*image);
  account.shown = read->reel.inputs.size();
  account.torn_inputs = read->reel.loss.torn_inputs;
  const auto shown = check_shown(read->reel, account);
  const std::size_t prelude = prelude_of(read->reel);
  check_no_gaps(read->reel, 0, prelude, account);
  check_no_gaps(read->reel, tail_begin_of(read->reel), read->reel.inputs.size(), account);
  check_kept(read->reel, truth, account);
  const RingCopies copies = read_copies(*image);
  if (copies.refused_heads + copies.refused_pins + copies.missed_pins != 0) {
    complain(account, "heads or pins found no room");
  }
  const bool cycles = image->super().clock == ring::Clock::kCycles;
  check_complete(found, cycles, read->reel, truth, account);
  check_counts(found, read->reel, shown, truth, account);
  return account;
}

KillAccount judge_evidence(const std::string& ring_path, const std::string& truth_path) {
  KillAccount account;
  const int fd = ::open(truth_path.c_str(), O_RDONLY | O_CLOEXEC);
  void* pages = ::mmap(nullptr, sizeof(Truth), PROT_READ, MAP_PRIVATE, fd, 0);
  ::close(fd);
  if (fd < 0 || pages == MAP_FAILED) {
    complain(account, truth_path + ": can't be read");
    return account;
  }
  account = judge(ring_path, *static_cast<const Truth*>(pages));
  ::munmap(pages, sizeof(Truth));
  return account;
}

}  // namespace crashreel
