#include "tools/manual/completion.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "tools/arguments.h"
#include "tools/help.h"

namespace crashreel {
namespace {

bool is_choice(const std::string& argument) {
  return argument.find('|') != std::string::npos &&
         argument.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
}

bool names_one_of(const std::string& argument, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return argument.find(word) != std::string::npos; });
}

std::string half_of(const Verb& verb) {
  const std::size_t space = verb.name.find(' ');
  return space == std::string::npos ? "" : verb.name.substr(0, space);
}

// The word by which one gets there, and what there is.
VerbWord word_of(const Moment& half) {
  std::string seconds;
  for (const VerbWord& second : half.words) {
    seconds += (seconds.empty() ? "" : ", ") + second.word;
  }
  return {half.typed, seconds};
}

std::vector<Moment> halves_of(std::span<const Verb* const> verbs) {
  std::vector<Moment> halves;
  for (const Verb* verb : verbs) {
    const std::string half = half_of(*verb);
    if (half.empty()) continue;
    auto moment = std::find_if(halves.begin(), halves.end(),
                               [&](const Moment& each) { return each.typed == half; });
    if (moment == halves.end()) {
      moment = halves.insert(halves.end(), {half, {}, common_options(), {}});
    }
    moment->words.push_back({verb->name.substr(half.size() + 1), verb->summary});
  }
  return halves;
}

}  // namespace

std::string completion_for(const std::string& shell, std::span<const Verb* const> verbs) {
  if (shell == "bash") return bash_completion(verbs);
  return shell == "zsh" ? zsh_completion(verbs) : fish_completion(verbs);
}

std::string filling_of(const std::string& argument, const Fillings& fillings) {
  if (is_choice(argument)) {
    std::string words = argument;
    std::replace(words.begin(), words.end(), '|', ' ');
    return fillings.before_words + words + fillings.after_words;
  }
  if (names_one_of(argument, {"FILE", "PATH", "SEED", "RING", "FROM", "INPUTS", "FUZZ_TARGET"})) {
    return fillings.file;
  }
  if (names_one_of(argument, {"DIR", "FOLDER"})) return fillings.folder;
  if (names_one_of(argument, {".json"})) return fillings.file;
  return names_one_of(argument, {"PROGRAM"}) ? fillings.program : fillings.nothing;
}

std::vector<Moment> moments_of(std::span<const Verb* const> verbs) {
  const std::vector<Moment> halves = halves_of(verbs);
  std::vector<Moment> moments = {{"", {}, options_without_verb(), {}}};
  for (const Verb* verb : verbs) {
    if (half_of(*verb).empty()) moments[0].words.push_back({verb->name, verb->summary});
  }
  for (const Moment& half : halves) moments[0].words.push_back(word_of(half));
  moments.insert(moments.end(), halves.begin(), halves.end());
  for (const Verb* verb : verbs) {
    std::vector<Option> options = verb->options;
    options.insert(options.end(), common_options().begin(), common_options().end());
    moments.push_back({verb->name, {}, std::move(options), verb->operands});
  }
  return moments;
}

std::string first_halves(const std::vector<Moment>& moments) {
  std::string halves;
  for (const Moment& moment : moments) {
    if (moment.typed.empty() || moment.words.empty()) continue;
    halves += (halves.empty() ? "" : " ") + moment.typed;
  }
  return halves;
}

}  // namespace crashreel
