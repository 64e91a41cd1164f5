#include "corpus/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  // The seed and the hidden folder; in it the reel: no temporaries.
  EXPECT_EQ(folder.entries(), 2u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / ".crashreel"), {}), 1);
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
  EXPECT_EQ(store.list()->front().sidecar, Store::Sidecar::kDamaged);
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
  const auto entries = store.list();
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 2u);
  const Store::Entry& own = (*entries)[0];
  EXPECT_EQ(own.bytes, encode_seed(reproducer()).size());
  EXPECT_EQ(own.inputs, 2u);
  EXPECT_EQ(own.sessions, 2u);
  EXPECT_EQ(own.sidecar, Store::Sidecar::kThere);
  EXPECT_EQ(own.signature, reproducer().crash.signature);
  EXPECT_EQ(own.executable, "/usr/bin/tool");
  EXPECT_EQ(own.build_id, "0123abcd");
  const Store::Entry& fuzzers = (*entries)[1];
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

}  // namespace
}  // namespace crashreel
