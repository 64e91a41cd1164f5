#include "corpus/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "capture/reel/reel_reader.h"
#include "corpus/seed_codec.h"
#include "corpus/sha1.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

using testing::HasSubstr;

Reel reproducer() {
  Reel reel = full_reel();
  reel.inputs = scene("#40 @7 3+ 3:BOOM 5:x").inputs;
  return reel;
}

Store store_in(const std::string& path) {
  Result<Store> store = Store::open(path, true);
  CRASHREEL_CHECK(store.has_value());
  return std::move(*store);
}

TEST(Store, NamesASeedByTheSha1OfItsContent) {
  const Folder folder;
  Store store = store_in(folder.path());
  const Result<Store::StoredSeed> stored = store.add(reproducer());
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_TRUE(stored->is_new);
  EXPECT_EQ(stored->path, folder / stored->name);
  EXPECT_EQ(file_bytes(stored->path), encode_seed(reproducer()));
  EXPECT_EQ(stored->name, sha1_hex(encode_seed(reproducer())));
}

TEST(Store, KeepsTheWholeReelBesideTheSeedAndNothingElse) {
  const Folder folder;
  Store store = store_in(folder.path());
  const Result<Store::StoredSeed> stored = store.add(reproducer());
  ASSERT_TRUE(stored);
  const Result<ReadReel> beside = read_reel(folder / (".crashreel/" + stored->name + ".reel"));
  ASSERT_TRUE(beside) << beside.error().message;
  EXPECT_EQ(beside->reel, reproducer());
  // The seed and the hidden folder; in it the reel, the index and the lock: no temporaries.
  EXPECT_EQ(folder.entries(), 2u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / ".crashreel"), {}), 3);
}

TEST(Store, ChangesNothingWhenTheSameInputsAreAddedAgain) {
  const Folder folder;
  Store store = store_in(folder.path());
  const Result<Store::StoredSeed> first = store.add(reproducer());
  Reel later = reproducer();
  later.program.pid = 1;
  const Result<Store::StoredSeed> second = store.add(later);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(second->is_new);
  EXPECT_EQ(second->path, first->path);
  EXPECT_EQ(Store::load(first->path)->program, reproducer().program);
}

TEST(Store, MendsADamagedReelWhenItIsAddedAgain) {
  const Folder folder;
  Store store = store_in(folder.path());
  const Result<Store::StoredSeed> stored = store.add(reproducer());
  ASSERT_TRUE(stored);
  const std::string sidecar = folder / (".crashreel/" + stored->name + ".reel");
  put_file(sidecar, file_bytes(sidecar).substr(0, 100));
  const Result<Reel> damaged = Store::load(stored->path);
  ASSERT_FALSE(damaged);
  EXPECT_THAT(damaged.error().message, HasSubstr(sidecar));
  EXPECT_EQ(store.list()->seeds.front().sidecar, Store::Sidecar::kDamaged);
  ASSERT_TRUE(store.add(reproducer()));
  EXPECT_TRUE(Store::load(stored->path));
}

TEST(Store, LoadsInputsFromTheSeedAndTheRestFromBesideIt) {
  const Folder folder;
  Store store = store_in(folder.path());
  const Result<Store::StoredSeed> stored = store.add(reproducer());
  ASSERT_TRUE(stored);
  const Result<Reel> loaded = Store::load(stored->path);
  ASSERT_TRUE(loaded) << loaded.error().message;
  Reel expected = reproducer();
  expected.inputs = canonical(reproducer()).inputs;
  EXPECT_EQ(*loaded, expected);
}

TEST(Store, ListsSeedsOfTheFuzzersOwnAmongItsOwn) {
  const Folder folder;
  Store store = store_in(folder.path());
  ASSERT_TRUE(store.add(reproducer()));
  put_file(folder / "zz", "raw bytes");
  put_file(folder / ".hidden", "no seed");
  const auto listing = store.list();
  ASSERT_TRUE(listing) << listing.error().message;
  ASSERT_EQ(listing->seeds.size(), 2u);
  const Store::Entry& own = listing->seeds[0];
  EXPECT_EQ(own.bytes, encode_seed(reproducer()).size());
  EXPECT_EQ(own.inputs, 2u);
  EXPECT_EQ(own.sessions, 2u);
  EXPECT_EQ(own.sidecar, Store::Sidecar::kThere);
  EXPECT_EQ(own.signature, reproducer().crash.signature);
  EXPECT_EQ(own.executable, "/usr/bin/tool");
  EXPECT_EQ(own.build_id, "0123abcd");
  const Store::Entry& fuzzers = listing->seeds[1];
  EXPECT_EQ(fuzzers.name, "zz");
  EXPECT_EQ(fuzzers.inputs, 1u);
  EXPECT_EQ(fuzzers.sidecar, Store::Sidecar::kMissing);
  EXPECT_EQ(Store::load(folder / "zz")->inputs, decode_seed("raw bytes").inputs);
}

TEST(Store, KnowsItsSeedsByTheHiddenFolderBesideThem) {
  const Folder folder;
  put_file(folder / "zz", "raw");
  EXPECT_FALSE(Store::is_seed_of_store(folder / "zz"));
  Store store = store_in(folder.path());
  const Result<Store::StoredSeed> stored = store.add(reproducer());
  ASSERT_TRUE(stored);
  EXPECT_TRUE(Store::is_seed_of_store(folder / "zz"));
  EXPECT_TRUE(Store::is_seed_of_store(stored->path));
  EXPECT_FALSE(Store::is_seed_of_store(folder / "none"));
  EXPECT_FALSE(Store::is_seed_of_store(folder.path()));
  EXPECT_FALSE(Store::is_seed_of_store(folder / (".crashreel/" + stored->name + ".reel")));
}

TEST(Store, MakesItsFolderOnlyWhenAsked) {
  const Folder folder;
  const Result<Store> missing = Store::open(folder / "a/b", false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().trouble, Trouble::kUsage);
  EXPECT_THAT(missing.error().message, HasSubstr(folder / "a/b"));
  EXPECT_TRUE(Store::open(folder / "a/b", true));
  EXPECT_TRUE(Store::open(folder / "a/b", false));
  put_file(folder / "file", "");
  EXPECT_FALSE(Store::open(folder / "file", true));
}

TEST(Store, RefusesAReelWithoutInputs) {
  const Folder folder;
  const Result<Store::StoredSeed> stored = store_in(folder.path()).add(Reel());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().trouble, Trouble::kUsage);
}

// Reproducers that differ in one input.
Reel reproducer_of(int number) {
  Reel reel = reproducer();
  reel.inputs[1].data += std::to_string(number);
  return reel;
}

TEST(Store, RemembersWhereASeedCameFrom) {
  const Folder folder;
  Store store = store_in(folder.path());
  const std::string parent = sha1_hex("night");
  const auto stored = store.add(reproducer(), {"night.reel", parent, 77});
  ASSERT_TRUE(stored);
  ASSERT_TRUE(store.add(reproducer(), {"later.reel", "", 99}));
  const auto listing = store.list();
  ASSERT_TRUE(listing && listing->seeds.size() == 1);
  const Store::Entry& seed = listing->seeds[0];
  EXPECT_EQ(seed.origin, "night.reel");
  EXPECT_EQ(seed.parent, parent);
  EXPECT_EQ(seed.added_ns, 77u);
  EXPECT_EQ(seed.signature, reproducer().crash.signature);
}

TEST(Store, AnswersFromTheReelsWhereTheIndexIsLostAndRebuildsIt) {
  const Folder folder;
  Store store = store_in(folder.path());
  const std::string parent(40, 'a');
  ASSERT_TRUE(store.add(reproducer(), {"night.reel", parent, 77}));
  const std::string index = folder / ".crashreel/index.jsonl";
  std::filesystem::remove(index);
  auto listing = store.list();
  ASSERT_TRUE(listing);
  EXPECT_FALSE(listing->index_is_there);
  EXPECT_EQ(listing->seeds.at(0).signature, reproducer().crash.signature);
  EXPECT_EQ(listing->seeds.at(0).origin, "night.reel");
  EXPECT_EQ(listing->seeds.at(0).parent, parent);
  ASSERT_TRUE(store.add(reproducer_of(2)));
  const auto read = read_index(index);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->seeds.size(), 2u);
  EXPECT_EQ(read->broken_lines, 0u);
}

TEST(Store, PassesOverLinesOfTheIndexThatAWriterWasKilledOver) {
  const Folder folder;
  Store store = store_in(folder.path());
  ASSERT_TRUE(store.add(reproducer_of(1), {"one.reel", "", 1}));
  const std::string index = folder / ".crashreel/index.jsonl";
  const std::string whole = file_bytes(index);
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    put_file(index, whole.substr(0, size));
    ASSERT_TRUE(store.add(reproducer_of(2), {"two.reel", "", 2}));
    const auto listing = store.list();
    ASSERT_TRUE(listing && listing->seeds.size() == 2) << size;
    for (const Store::Entry& seed : listing->seeds)
      EXPECT_EQ(seed.signature, reproducer().crash.signature) << size;
    std::filesystem::remove(folder / sha1_hex(encode_seed(reproducer_of(2))));
  }
}

TEST(Store, CountsWhatWasRemovedAndForgetsItWhenItIsAddedAgain) {
  const Folder folder;
  Store store = store_in(folder.path());
  ASSERT_TRUE(store.add(reproducer_of(1)));
  ASSERT_TRUE(store.add(reproducer_of(2)));
  put_file(folder / ".crashreel/.leftover.reel.Ab12Cd", "half");
  const auto listing = store.list();
  ASSERT_TRUE(store.remove({listing->seeds.data(), 1}, true));
  auto left = store.list();
  EXPECT_EQ(left->seeds.size(), 1u);
  ASSERT_EQ(left->removed.size(), 1u);
  EXPECT_EQ(left->removed[0].name, listing->seeds[0].name);
  EXPECT_EQ(left->all().size(), 2u);
  // The other's seed and reel, index and lock.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / ".crashreel"), {}), 3);
  ASSERT_TRUE(store.add(reproducer_of(1)));
  ASSERT_TRUE(store.add(reproducer_of(2)));
  EXPECT_EQ(store.list()->removed.size(), 0u);
}

TEST(Store, FindsASeedByTheBeginningOfItsName) {
  const Folder folder;
  Store store = store_in(folder.path());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store.add(reproducer_of(i)));
  const auto listing = store.list();
  const std::string name = listing->seeds[3].name;
  EXPECT_EQ(Store::find(*listing, name)->name, name);
  EXPECT_EQ(Store::find(*listing, name.substr(0, 12))->name, name);
  EXPECT_FALSE(Store::find(*listing, ""));
  EXPECT_FALSE(Store::find(*listing, "none"));
}

pid_t in_a_process(const std::function<void()>& work) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  work();
  ::_exit(0);
}

// Every seed has the name of its content, every reel is whole, and what is acknowledged is there.
void expect_whole(const Store& store, std::size_t acknowledged) {
  const auto listing = store.list();
  ASSERT_TRUE(listing) << listing.error().message;
  EXPECT_GE(listing->seeds.size(), acknowledged);
  for (const Store::Entry& seed : listing->seeds) {
    EXPECT_EQ(sha1_hex(file_bytes(store.path_of(seed.name))), seed.name);
    EXPECT_EQ(seed.sidecar, Store::Sidecar::kThere);
    EXPECT_EQ(seed.signature, reproducer().crash.signature);
    EXPECT_TRUE(Store::load(store.path_of(seed.name)));
  }
}

TEST(Store, TakesSeedsFromSeveralWritersAtOnce) {
  const Folder folder;
  Store store = store_in(folder.path());
  std::vector<pid_t> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.push_back(in_a_process([&] {
      for (int i = 0; i < 20; ++i)
        if (!store.add(reproducer_of(10 * writer + i))) ::_exit(1);
    }));
  for (const pid_t pid : writers) {
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  expect_whole(store, 50);
  const auto index = read_index(folder / ".crashreel/index.jsonl");
  EXPECT_EQ(index->seeds.size(), 50u);
  EXPECT_EQ(index->broken_lines, 0u);
}

TEST(Store, SurvivesWritersThatAreKilledAtAnyPoint) {
  const Folder folder;
  Store store = store_in(folder.path());
  std::size_t acknowledged = 0;
  for (int round = 0; round < 40; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t writer = in_a_process([&] {
      for (int i = 0; i < 100; ++i)
        if (!store.add(reproducer_of(1000 * round + i)) || ::write(pipe[1], "x", 1) != 1) return;
    });
    ::close(pipe[1]);
    // Killed somewhere in the seed behind the last one that it told of.
    char told = 0;
    for (int i = 0; i < 1 + round % 3; ++i) acknowledged += ::read(pipe[0], &told, 1) == 1 ? 1 : 0;
    for (int spent = 0; spent < 500 * (round % 10); ++spent) (void)::getppid();
    ::kill(writer, SIGKILL);
    ASSERT_EQ(::waitpid(writer, nullptr, 0), writer);
    while (::read(pipe[0], &told, 1) == 1) ++acknowledged;
    ::close(pipe[0]);
    expect_whole(store, acknowledged);
  }
  EXPECT_GE(acknowledged, 40u);
  ASSERT_TRUE(store.remove({}, true));
  for (const auto& file : std::filesystem::directory_iterator(folder / ".crashreel"))
    EXPECT_FALSE(file.path().filename().string().starts_with('.')) << file.path();
}

}  // namespace
}  // namespace crashreel
