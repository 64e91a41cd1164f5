#include "tools/minimize_budget.h"

#include <unistd.h>

#include "tools/json.h"
#include "tools/quantity.h"
#include "tools/replay_options.h"

namespace crashreel {

const std::vector<Option>& budget_options() {
  static const std::vector<Option> options = {
      {.name = "max-questions",
       .value = Value::kCount,
       .argument = "N",
       .help = "End with the best so far after so many questions"},
      max_time_option("End with the best so far after so many seconds"),
      {.name = "journal",
       .value = Value::kText,
       .argument = "FILE",
       .help = "Where answers are kept until the end, so that the same command goes on where a "
               "killed one was; the output's name with .journal when not given. Tries of the whole "
               "reel and of the result are made anew"},
      {.name = "flaky",
       .help =
           "The crash comes only sometimes: try the whole up to 200 times to see it, estimate its "
           "rate, and ask as often as that needs; without this option, estimated and asked "
           "so when a try of the whole reel brought no crash but another one did"},
      {.name = "different",
       .value = Value::kText,
       .argument = "DIRECTORY",
       .help = "Where the smallest of each other crash that was met on the way is written"},
      {.name = "json-lines",
       .help = "Print the progress as one JSON object a line, and the result as the last one: the "
               "stage, what is left, the questions asked and expected, the rate at which the crash "
               "comes, seconds, and those that the rest of the stage will take by the newest "
               "questions (null: not known yet); seed is null, as the search draws nothing at "
               "random: the same "
               "answers lead the same way"}};
  return options;
}

Budget::Budget(const Arguments& arguments) : time_(arguments) {
  if (arguments.has("max-questions")) max_questions_ = arguments.count("max-questions");
  journal_ = arguments.text_if("journal").value_or(arguments.text("output") + ".journal");
}

void Budget::forget_journal(bool stopped) const {
  if (!stopped) unlink(journal_.c_str());
}

void Watch::finish(const Json& answer, const std::string& text) {
  if (json_lines_ || console_.json()) {
    console_.answer(answer);
  } else {
    console_.print(text);
  }
}

Watch::Watch(const Arguments& arguments, Console& console)
    : console_(console), json_lines_(arguments.has("json-lines")), line_(console) {}

void Watch::show(const std::string& stage, const char* item, const Progress& progress) {
  const auto now = std::chrono::steady_clock::now();
  const std::optional<double> left =
      time_left_.after(stage, progress.questions, progress.expected_questions, now);
  if (json_lines_) {
    const std::chrono::duration<double> passed = now - start_;
    Json object = new_answer("minimize");
    object["progress"] = {{"stage", stage},
                          {"items_left", progress.items_left},
                          {"bytes_left", progress.bytes_left},
                          {"questions", progress.questions},
                          {"expected_questions", progress.expected_questions},
                          {"rate", progress.rate},
                          {"seed", nullptr},  // nothing is drawn at random
                          {"seconds", passed.count()},
                          {"seconds_left_in_stage", left ? Json(*left) : Json()}};
    console_.print(to_text(object) + "\n");
    return;
  }
  std::string text = stage + ": " + counted(progress.items_left, item) + " left, " +
                     counted(progress.questions, "question") + " asked";
  if (progress.expected_questions > progress.questions) {
    text += " of about " + grouped(progress.expected_questions);
  }
  if (left) text += ", " + text_of_time_left(*left);
  line_.update(text);
}

}  // namespace crashreel
