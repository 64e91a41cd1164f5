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

// How a shell says what a value or an operand is completed with: a row of its own for each kind.
struct Fillings {
  const char* before_words;  // and after: choices, with spaces between them
  const char* after_words;
  const char* file;
  const char* folder;
  const char* program;
  const char* nothing;
};

// By what help calls it: "FILE.reel", "DIR", "crash|fixed".
std::string filling_of(const std::string& argument, const Fillings& fillings);

// A word that may come next.
struct VerbWord {
  std::string word;
  std::string summary;
};

// What can follow when so much of the verb is typed: words until it is whole, then operands.
struct Moment {
  std::string typed;  // "", "corpus", "corpus add"
  std::vector<VerbWord> words;
  std::vector<Option> options;
  std::vector<Operand> operands;
};

// Nothing typed yet, the first halves of verbs, the verbs.
std::vector<Moment> moments_of(std::span<const Verb* const> verbs);

// First words that are no verbs of their own, with spaces between them: "corpus".
std::string first_halves(const std::vector<Moment>& moments);

}  // namespace crashreel
