#include "tools/report/html.h"

#include "harness/rate.h"
#include "harness/signature.h"
#include "tools/quantity.h"
#include "tools/rate_text.h"
#include "tools/reel_summary.h"
#include "tools/report/html_sections.h"
#include "tools/report/markup.h"
#include "tools/report/page_parts.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

// Nothing is asked for: not by the page, and not by what a stranger may have got into it.
constexpr char kPolicy[] =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n";

std::string fact(const std::string& name, const std::string& html) {
  return html.empty() ? "" : "<dt>" + name + "</dt><dd>" + html + "</dd>\n";
}

std::string command_html(const Program& program) {
  std::string text;
  for (const std::string& word : program.argv) {
    text += (text.empty() ? "" : " ") + shell_text(word);
  }
  return "<code>" + text_html(text.empty() ? program.executable : text) + "</code>";
}

std::string rate_html(const std::optional<RateFact>& rate) {
  if (!rate) return "not known";
  const RateInterval interval =
      rate_interval(static_cast<int>(rate->reproduced), static_cast<int>(rate->tries));
  return "came back in " + grouped(rate->reproduced) + " of " + counted(rate->tries, "run") + " (" +
         text_html(rate->verb) + "), a rate " + between_text(interval) + " with 95 % confidence";
}

std::string size_html(const ReportModel& model) {
  std::string text = counted(model.kept_inputs, "input") + ", " + bytes_text(model.kept_bytes);
  if (model.original_path) {
    text += ", of " + grouped(model.inputs.size()) + " and " + bytes_text(model.all_bytes);
  }
  return text;
}

std::string lost_html(const ReportModel& model) {
  const Loss& loss = model.loss;
  std::string text;
  const auto add = [&](std::uint64_t number, const char* what) {
    if (number != 0) text += (text.empty() ? "" : ", ") + grouped(number) + " " + what;
  };
  add(loss.overwritten_inputs, "overwritten by newer ones");
  add(loss.trimmed_inputs, "older than the newest that were asked for");
  add(loss.sparse_inputs, "older survivors with gaps among them");
  add(loss.cut_payloads, "with a payload that is not whole");
  add(loss.torn_inputs, "begun and not finished");
  add(loss.dropped_inputs, "never recorded for lack of room");
  add(model.damaged_inputs, "in damaged parts of the file");
  text = text.empty() ? "nothing" : text;
  return text + (loss.reaches_start ? "; the reel goes back to the program's start"
                                    : "; the reel does not go back to the program's start: it is "
                                      "whole from input " +
                                          grouped(loss.first_kept_seq) + " on");
}

std::string input_link(std::uint64_t seq) {
  return "<a href=\"#input-" + std::to_string(seq) + "\">input " + grouped(seq) + "</a>";
}

std::string blame_html(const std::optional<BlameFact>& blame) {
  if (!blame) return "";
  if (blame->poison_seq == blame->trigger_seq) {
    return "poison and trigger are one and the same, " + input_link(blame->trigger_seq);
  }
  return "poison " + input_link(blame->poison_seq) + ", trigger " + input_link(blame->trigger_seq) +
         " (by " + text_html(blame->basis) + ")";
}

std::string reach_html(const std::optional<ReachFact>& reach) {
  if (!reach) return "";
  return "the last " + counted(reach->needed, "input") + " of " + grouped(reach->inputs) +
         " are enough, from input " + grouped(reach->oldest_seq) + " on";
}

std::string divergence_html(const Evidence& evidence) {
  if (evidence.divergence) {
    return "a replay first answered otherwise at input " + grouped(evidence.divergence->seq);
  }
  return evidence.divergence_looked_for ? "none is known" : "";
}

std::string title_of(const ReportModel& model) {
  if (!model.crash.signature.kind.empty()) return describe(model.crash.signature);
  return ending_text(model.crash);
}

std::string header_of(const ReportModel& model) {
  const Program& program = model.program;
  std::string html = "<header>\n<h1>" + bytes_html(title_of(model)) + "</h1>\n";
  html += "<p class=\"faint\">A report of <code>" + text_html(model.reel_path) + "</code>" +
          (model.original_path ? ", made of <code>" + text_html(*model.original_path) + "</code>"
                               : "") +
          ".</p>\n<dl>\n";
  html += fact("program", command_html(program));
  html += fact("build",
               program.build_id.empty() ? "" : "<code>" + bytes_html(program.build_id) + "</code>");
  html += fact("ended", bytes_html(ending_text(model.crash)));
  html += fact("reproduced", rate_html(model.evidence.rate));
  html += fact("size", size_html(model));
  html += fact("lost", lost_html(model));
  html += fact("blame", blame_html(model.evidence.blame));
  html += fact("reach", reach_html(model.evidence.reach));
  html += fact("divergence", divergence_html(model.evidence));
  html += "</dl>\n<h2>How to reproduce</h2>\n<pre id=\"commands\">";
  return html + escape_html(model.reproduce) +
         "</pre>\n<p class=\"tools\"><button type=\"button\" id=\"copy\">copy</button></p>\n"
         "</header>\n";
}

std::string not_known_section(const ReportModel& model) {
  if (model.not_known.empty()) return "";
  std::string html =
      "<section>\n<h2>Not known</h2>\n<p>With <code>--with FILE.json</code>, "
      "this page tells more:</p>\n<ul>\n";
  for (const std::string& sentence : model.not_known) {
    html += "<li>" + text_html(sentence) + "</li>\n";
  }
  return html + "</ul>\n</section>\n";
}

}  // namespace

std::string html_of(const ReportModel& model) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
                     std::string(kPolicy) +
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"referrer\" content=\"no-referrer\">\n<title>" +
                     bytes_html(title_of(model)) + "</title>\n<style>\n";
  html += kPageStyle;
  html += "</style>\n</head>\n<body>\n" + header_of(model) + "<main>\n" + lanes_section(model);
  if (model.evidence.reduction) html += reduction_section(*model.evidence.reduction);
  html += payloads_section(model);
  html += stack_section(model.crash.signature, model.crash.signature_from_replay);
  html += not_known_section(model) + "</main>\n<script>\n";
  html += kPageScript;
  return html + "</script>\n</body>\n</html>\n";
}

}  // namespace crashreel
