#include "tests/minimizer/scenes.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "minimizer/bound.h"
#include "tests/minimizer/fake_oracles.h"

namespace crashreel::fakes {

namespace {

using Random = std::mt19937_64;

std::uint32_t below(Random& random, std::uint32_t limit) {
  return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random);
}

// k positions below n, the last among them.
Choice draw(Random& random, std::uint32_t n, std::uint32_t k) {
  std::set<std::uint32_t> drawn = {n - 1};
  while (drawn.size() < k) drawn.insert(below(random, n));
  return {drawn.begin(), drawn.end()};
}

std::vector<Item> items_in(Random& random, std::uint32_t n, Sessions sessions) {
  std::vector<Item> items(n);
  for (Item& item : items) item = {.group = below(random, sessions.count), .bytes = 40};
  return items;
}

Scene needs_all(std::vector<Item> items, Choice needed) {
  Scene scene;
  scene.bound = question_bound(items.size(), needed.size());
  scene.items = std::move(items);
  scene.size = needed.size();
  scene.minimal = needed;
  scene.oracle = std::make_unique<NeedsAll>(std::move(needed));
  return scene;
}

Scene needs_in_order(std::vector<Item> items, Choice needed,
                     std::vector<NeedsInOrder::Pair> pairs) {
  Scene scene;
  auto oracle = std::make_unique<NeedsInOrder>(std::move(needed), std::move(pairs), items.size());
  scene.items = std::move(items);
  scene.minimal = oracle->minimal();
  scene.size = scene.minimal.size();
  scene.bound = question_bound(scene.items.size(), scene.size);
  scene.oracle = std::move(oracle);
  return scene;
}

// As question_bound(), for a crash that needs one trigger and any `count` of a class that is known:
//
//   - which of n items is the trigger: log2 n answers;
//   - how many are counted: any number from none to the whole class would be another crash with
//     another result, so log2(class + 1) answers tell them apart. Which ones are taken is free;
//   - count + 1 proofs that none of the result can go, and one question that confirms the whole.
std::uint64_t counter_bound(std::uint64_t n, std::uint64_t class_size, std::uint64_t count) {
  const std::uint64_t which_trigger = question_bound(n, 1) - 2;
  const std::uint64_t how_many = question_bound(class_size + 1, 1) - 2;
  return which_trigger + how_many + count + 1 + 1;
}

}  // namespace

Scene uniform_scene(std::uint32_t n, std::uint32_t k, std::uint64_t seed, Sessions sessions) {
  Random random(seed);
  Choice needed = draw(random, n, k);
  return needs_all(items_in(random, n, sessions), std::move(needed));
}

Scene tail_scene(std::uint32_t n, std::uint32_t k, std::uint64_t seed) {
  Random random(seed);
  std::exponential_distribution<double> distance(50.0 / n);
  std::set<std::uint32_t> needed = {n - 1};
  while (needed.size() < k) {
    const double back = distance(random);
    if (back < n) needed.insert(n - 1 - static_cast<std::uint32_t>(back));
  }
  return needs_all(items_in(random, n, {}), {needed.begin(), needed.end()});
}

Scene pairs_scene(std::uint32_t n, std::uint32_t k, std::uint64_t seed) {
  Random random(seed);
  std::vector<NeedsInOrder::Pair> pairs;
  while (pairs.size() < n / 10) {
    const auto [earlier, later] = std::minmax({below(random, n), below(random, n)});
    if (earlier != later) pairs.push_back({.earlier = earlier, .later = later});
  }
  Choice needed = draw(random, n, k);
  return needs_in_order(items_in(random, n, {}), std::move(needed), std::move(pairs));
}

Scene chains_scene(std::uint32_t n, std::uint32_t k, std::uint64_t seed) {
  Random random(seed);
  constexpr std::uint32_t kLinks = 4;
  std::vector<NeedsInOrder::Pair> pairs;
  for (std::uint32_t chain = 0; chain < n / 40; ++chain) {
    std::set<std::uint32_t> links;
    while (links.size() < kLinks) links.insert(below(random, n));
    for (auto link = links.begin(); std::next(link) != links.end(); ++link) {
      pairs.push_back({.earlier = *link, .later = *std::next(link)});
    }
  }
  Choice needed = draw(random, n, k);
  return needs_in_order(items_in(random, n, {}), std::move(needed), std::move(pairs));
}

Scene sessions_scene(std::uint32_t n, std::uint32_t k, std::uint32_t inputs_each,
                     std::uint64_t seed) {
  Random random(seed);
  constexpr std::uint32_t kAtOnce = 20;
  constexpr std::uint32_t kInputs = 50;
  struct Open {
    std::uint32_t session = 0;
    std::uint32_t first = 0;
    std::uint32_t left = 0;
  };
  std::vector<Open> open(kAtOnce);
  std::vector<Item> items(n);
  std::vector<NeedsInOrder::Pair> pairs;
  std::vector<Choice> members;
  for (std::uint32_t at = 0; at < n; ++at) {
    Open& session = open[below(random, kAtOnce)];
    if (session.left == 0) {
      session = {
          .session = static_cast<std::uint32_t>(members.size()), .first = at, .left = kInputs};
      members.emplace_back();
    } else {
      pairs.push_back({.earlier = session.first, .later = at});
    }
    --session.left;
    items[at] = {.group = session.session, .bytes = 40};
    members[session.session].push_back(at);
  }
  std::set<std::uint32_t> needed = {n - 1};
  std::uint32_t session = items[n - 1].group;
  for (std::uint32_t taken = 1; needed.size() < k; ++taken) {
    if (taken % inputs_each == 0) {
      session = below(random, static_cast<std::uint32_t>(members.size()));
    }
    const Choice& inputs = members[session];
    needed.insert(inputs[below(random, static_cast<std::uint32_t>(inputs.size()))]);
  }
  return needs_in_order(std::move(items), {needed.begin(), needed.end()}, std::move(pairs));
}

Scene counter_scene(std::uint32_t n, std::uint32_t count, std::uint64_t seed) {
  Random random(seed);
  Scene scene;
  Choice of;
  for (std::uint32_t at = 0; at + 1 < n; ++at) {
    const bool counted = below(random, 2) == 0;
    scene.items.push_back({.group = counted ? 0U : 1U, .bytes = 40});
    if (counted) of.push_back(at);
  }
  scene.items.push_back({.group = 1, .bytes = 40});
  scene.size = count + 1;
  scene.bound = counter_bound(n, of.size(), count);
  scene.oracle = std::make_unique<Counts>(std::move(of), count, n - 1);
  return scene;
}

}  // namespace crashreel::fakes
