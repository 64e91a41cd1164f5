// What the stock redis-server is sent on a day, and what kills it: for the benchmarks of replay.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "capture/base/check.h"
#include "capture/reel/jsonl.h"
#include "harness/target.h"

namespace crashreel::bench {

inline std::string resp(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

// Commands a few microseconds apart; always the same ones.
inline Reel working_day(std::size_t inputs, std::uint32_t sessions) {
  std::mt19937_64 random(1);
  Reel reel;
  for (std::size_t i = 0; i < inputs; ++i) {
    const std::string key = "key:" + std::to_string(random() % 5000);
    const std::string value(1 + random() % 100, 'x');
    const std::string commands[] = {
        resp({"SET", key, value}), resp({"GET", key}), resp({"GET", key}),
        resp({"INCR", "count:" + std::to_string(random() % 50)}),
        resp({"LPUSH", "list:" + std::to_string(random() % 50), value})};
    Input input;
    input.seq = i;
    input.time_ns = i * 20'000;
    input.session = static_cast<std::uint32_t>(i % sessions);
    input.data = commands[random() % std::size(commands)];
    reel.inputs.push_back(input);
  }
  return reel;
}

// The four commands that kill it, in sessions of their own.
inline std::vector<Input> fatal_inputs() {
  const std::string path = CRASHREEL_SOURCE_DIR "/tests/cases/redis-acl-self-kill/inputs.jsonl";
  std::ifstream file(path);
  const std::string text = {std::istreambuf_iterator<char>(file), {}};
  auto inputs = parse_jsonl(text, path);
  CRASHREEL_CHECK(inputs);
  for (Input& input : *inputs) input.session += 1000;
  return *inputs;
}

inline void append_crash(Reel& reel) {
  for (Input& input : fatal_inputs()) {
    input.seq = reel.inputs.size();
    input.time_ns = reel.inputs.back().time_ns + 20'000;
    reel.inputs.push_back(input);
  }
}

// The last one at the end, as in a reel of production; the others anywhere before it, in order.
inline void spread_crash(Reel& reel, std::uint64_t seed) {
  std::vector<Input> fatal = fatal_inputs();
  std::erase_if(fatal, [](const Input& input) { return input.kind != InputKind::kData; });
  std::mt19937_64 random(seed);
  std::vector<std::size_t> places = {reel.inputs.size() - 1};
  while (places.size() < fatal.size()) {
    const std::size_t place = random() % (reel.inputs.size() - 1);
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  }
  std::sort(places.begin(), places.end());
  for (std::size_t i = 0; i < fatal.size(); ++i) {
    Input& input = reel.inputs[places[i]];
    input.session = fatal[i].session;
    input.data = fatal[i].data;
  }
}

inline Target redis() {
  const std::vector<std::string> argv = {"/usr/bin/redis-server", "--port", "7001", "--save", "",
                                         "--appendonly",          "no"};
  const auto target = target_of(Reel{}, argv);
  CRASHREEL_CHECK(target);
  return *target;
}

}  // namespace crashreel::bench
