#include "tools/manual/completion.h"

#include <algorithm>

#include "tools/arguments.h"

namespace crashreel {

std::string completion_for(const std::string& shell, std::span<const Verb* const> verbs) {
  if (shell == "bash") return bash_completion(verbs);
  return shell == "zsh" ? zsh_completion(verbs) : fish_completion(verbs);
}

Completed completed_with(const std::string& argument) {
  auto names = [&](const char* word) { return argument.find(word) != std::string::npos; };
  if (names("|") && argument.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos) {
    return Completed::kWords;
  }
  for (const char* word : {"FILE", "PATH", "SEED", "RING", "FROM", "INPUTS", "FUZZ_TARGET"}) {
    if (names(word)) return Completed::kFile;
  }
  if (names("DIR") || names("FOLDER")) return Completed::kFolder;
  if (names(".json")) return Completed::kFile;
  return names("PROGRAM") ? Completed::kProgram : Completed::kNothing;
}

std::string choices_of(const std::string& argument) {
  std::string words = argument;
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

std::vector<VerbWord> verb_words(std::span<const Verb* const> verbs, const std::string& first) {
  std::vector<VerbWord> words;
  for (const Verb* verb : verbs) {
    const std::size_t space = verb->name.find(' ');
    if (first.empty() && space == std::string::npos) {
      words.push_back({verb->name, verb->summary});
    } else if (!first.empty() && verb->name.starts_with(first + " ")) {
      words.push_back({verb->name.substr(space + 1), verb->summary});
    }
  }
  if (!first.empty()) return words;
  for (const std::string& half : first_halves(verbs)) {
    std::string seconds;
    for (const VerbWord& second : verb_words(verbs, half)) {
      seconds += (seconds.empty() ? "" : ", ") + second.word;
    }
    words.push_back({half, seconds});
  }
  return words;
}

std::vector<std::string> first_halves(std::span<const Verb* const> verbs) {
  std::vector<std::string> halves;
  for (const Verb* verb : verbs) {
    const std::size_t space = verb->name.find(' ');
    if (space == std::string::npos) continue;
    const std::string half = verb->name.substr(0, space);
    if (std::find(halves.begin(), halves.end(), half) == halves.end()) halves.push_back(half);
  }
  return halves;
}

std::vector<Option> all_options(const Verb& verb) {
  std::vector<Option> options = verb.options;
  options.insert(options.end(), common_options().begin(), common_options().end());
  return options;
}

}  // namespace crashreel
