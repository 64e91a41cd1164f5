// What can be typed next? Scripts that let bash, zsh and fish complete the command line, made from
// the same description that parses it: they never ask the command itself.
//
// What stands behind `--` is completed as the command line of another program.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/verb.h"

namespace crashreel {

std::string bash_completion(std::span<const Verb* const> verbs);
std::string zsh_completion(std::span<const Verb* const> verbs);
std::string fish_completion(std::span<const Verb* const> verbs);

// Of one kind of shell, "bash", "zsh" or "fish".
std::string completion_for(const std::string& shell, std::span<const Verb* const> verbs);

// What a value or an operand is completed with.
enum class Completed { kNothing, kWords, kFile, kFolder, kProgram };

// By what help calls it: "FILE.reel", "DIR", "crash|fixed".
Completed completed_with(const std::string& argument);

// "crash|fixed" as "crash fixed".
std::string choices_of(const std::string& argument);

// What follows the first word: "corpus" has "add", "list", ...; first words alone for "".
struct VerbWord {
  std::string word;
  std::string summary;
};
std::vector<VerbWord> verb_words(std::span<const Verb* const> verbs, const std::string& first);

// First words that are no verbs of their own: "corpus".
std::vector<std::string> first_halves(std::span<const Verb* const> verbs);

// The verb's options and those of every verb.
std::vector<Option> all_options(const Verb& verb);

}  // namespace crashreel
