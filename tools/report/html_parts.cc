#include <algorithm>
#include <cmath>

#include "harness/likeness.h"
#include "harness/signature.h"
#include "tools/quantity.h"
#include "tools/reel_summary.h"
#include "tools/report/html_sections.h"
#include "tools/report/markup.h"

namespace crashreel {
namespace {

constexpr int kCurveWidth = 1000;
constexpr int kCurveHeight = 200;
constexpr std::size_t kShownPoints = 12;

// By their logarithms: the last hundred inputs matter as much as the first hundred thousand.
class Curve {
 public:
  explicit Curve(const Reduction& reduction) : reduction_(reduction) {
    for (const CurvePoint& point : reduction.curve) {
      questions_ = std::max(questions_, point.question);
      inputs_ = std::max(inputs_, point.inputs);
      bytes_ = std::max(bytes_, point.bytes);
    }
    questions_ = std::max(questions_, reduction.questions);
    inputs_ = std::max(inputs_, reduction.inputs_before);
  }

  bool has_bytes() const { return bytes_ > 0; }

  std::string svg() const {
    std::string html =
        "<svg class=\"curve\" viewBox=\"0 -4 1000 208\" preserveAspectRatio=\"none\" role=\"img\" "
        "aria-label=\"inputs and bytes left, by questions asked\"><path class=\"grid\" d=\"" +
        grid() + "\"/>";
    if (has_bytes())
      html += "<path class=\"of-bytes\" d=\"" + line(&CurvePoint::bytes, bytes_) + "\"/>";
    html += "<path d=\"" + line(&CurvePoint::inputs, inputs_) + "\"/>";
    for (const std::uint64_t question : reduction_.slip_questions) {
      html += "<path class=\"slip\" d=\"M" + x_of(std::min(question, questions_)) + " 0V200\"/>";
    }
    return html + "</svg>\n";
  }

 private:
  std::string line(std::uint64_t CurvePoint::* left, std::uint64_t most) const {
    std::string path = "M0 " + y_of(most, most);
    for (const CurvePoint& point : reduction_.curve) {
      path += "H" + x_of(point.question) + "V" + y_of(point.*left, most);
    }
    return path + "H" + std::to_string(kCurveWidth);
  }

  std::string grid() const {
    std::string path;
    for (std::uint64_t inputs = 10; inputs < inputs_; inputs *= 10) {
      path += "M0 " + y_of(inputs, inputs_) + "H" + std::to_string(kCurveWidth);
      if (inputs > inputs_ / 10) break;
    }
    return path;
  }

  std::string x_of(std::uint64_t question) const {
    const auto all = static_cast<double>(std::max<std::uint64_t>(questions_, 1));
    return std::to_string(static_cast<int>(static_cast<double>(question) / all * kCurveWidth));
  }

  static std::string y_of(std::uint64_t left, std::uint64_t most) {
    const double whole = std::log1p(static_cast<double>(std::max<std::uint64_t>(most, 1)));
    const double share = std::log1p(static_cast<double>(left)) / whole;
    return std::to_string(static_cast<int>((1 - share) * kCurveHeight));
  }

  const Reduction& reduction_;
  std::uint64_t questions_ = 0;
  std::uint64_t inputs_ = 0;
  std::uint64_t bytes_ = 0;
};

std::string curve_table(const std::vector<CurvePoint>& curve) {
  std::string html =
      "<table><thead><tr><th>question</th><th>inputs left</th><th>bytes in "
      "them</th></tr></thead><tbody>";
  const std::size_t step =
      std::max<std::size_t>(1, (curve.size() + kShownPoints - 1) / kShownPoints);
  for (std::size_t i = 0; i < curve.size(); i += step) {
    const CurvePoint& point = i + step < curve.size() ? curve[i] : curve.back();
    html += "<tr><td>" + grouped(point.question) + "</td><td>" + grouped(point.inputs) +
            "</td><td>" + (point.bytes == 0 ? "-" : grouped(point.bytes)) + "</td></tr>";
  }
  return html + "</tbody></table>\n";
}

// One line of sixteen bytes, with what became of them.
class HexLines {
 public:
  void add(const DiffRun& run) {
    for (std::size_t i = 0; i < run.bytes.size(); ++i) {
      add(run.fate, run.bytes[i], i < run.before.size() ? run.before[i] : '\0');
    }
  }

  std::string take() {
    end_line();
    return std::move(html_);
  }

 private:
  static constexpr std::size_t kBytesInLine = 16;

  void add(ByteFate fate, char c, char before) {
    turn(fate, before);
    constexpr char kDigits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    hex_ += kDigits[byte >> 4];
    hex_ += kDigits[byte & 15];
    const bool plain = byte >= 0x20 && byte < 0x7f;
    text_ += plain ? escape_html({&c, 1}) : "\xc2\xb7";
    open_ = true;
    if (fate != ByteFate::kRemoved) ++offset_;
    if (++bytes_ == kBytesInLine) {
      end_line();
    } else {
      hex_ += ' ';
    }
  }

  void turn(ByteFate fate, char before) {
    if (fate == fate_ && fate != ByteFate::kSimplified) return;
    close_tag();
    fate_ = fate;
    if (fate == ByteFate::kRemoved) put_tag("<s>");
    if (fate == ByteFate::kSimplified) {
      put_tag("<i title=\"was " + bytes_html({&before, 1}) + "\">");
    }
  }

  void put_tag(const std::string& tag) {
    hex_ += tag;
    text_ += tag;
  }

  void close_tag() {
    if (fate_ == ByteFate::kRemoved) put_tag("</s>");
    if (fate_ == ByteFate::kSimplified) put_tag("</i>");
    fate_ = ByteFate::kEssential;
  }

  void end_line() {
    if (!open_) return;
    close_tag();
    html_ += "<tr><th>" + std::to_string(line_offset_) + "</th><td>" + hex_ + "</td><td>" + text_ +
             "</td></tr>\n";
    hex_.clear();
    text_.clear();
    bytes_ = 0;
    open_ = false;
    line_offset_ = offset_;
  }

  std::string html_, hex_, text_;
  ByteFate fate_ = ByteFate::kEssential;
  std::size_t bytes_ = 0, offset_ = 0, line_offset_ = 0;
  bool open_ = false;
};

std::string badges_of(const std::optional<BlameFact>& blame, std::uint64_t seq) {
  std::string html;
  if (blame && blame->poison_seq == seq) html += " <span class=\"badge poison\">poison</span>";
  if (blame && blame->trigger_seq == seq) html += " <span class=\"badge trigger\">trigger</span>";
  return html;
}

std::string payload_html(const ReportPayload& payload, const ReportModel& model) {
  const ReportInput& input = model.inputs[payload.input];
  std::string title = "input " + grouped(input.seq) + ", ";
  title += input.is_signal ? "a signal" : "session " + std::to_string(input.session);
  title += ", " + seconds_text(input.time_ns) + ", " + counted(payload.bytes, "byte");
  if (model.original_path && payload.bytes != input.bytes) title += " of " + grouped(input.bytes);
  std::string html = "<section id=\"input-" + std::to_string(input.seq) + "\">\n<h3>" + title +
                     badges_of(model.evidence.blame, input.seq) + "</h3>\n";
  HexLines lines;
  for (const DiffRun& run : payload.runs) lines.add(run);
  html += "<table class=\"bytes\"><tbody>" + lines.take() + "</tbody></table>\n";
  if (payload.is_cut)
    html += "<p class=\"faint\">The beginning; 'crashreel show' has the rest.</p>\n";
  return html + "</section>\n";
}

}  // namespace

std::string reduction_section(const Reduction& reduction) {
  std::string html =
      "<section>\n<h2>How it was reduced</h2>\n<p>" + grouped(reduction.inputs_before) + " to " +
      counted(reduction.inputs_after, "input") + ", " + grouped(reduction.bytes_before) + " to " +
      counted(reduction.bytes_after, "byte") + "; " + counted(reduction.questions, "question") +
      " over inputs (log2 C(N,k) + k + 1 is " + grouped(reduction.bound) + "), " +
      grouped(reduction.byte_questions) + " over bytes. " +
      (reduction.one_minimal ? "Without any one of these inputs there is no crash."
                             : "That it is minimal was not shown.") +
      "</p>\n<p>" +
      (reduction.slips == 0 ? std::string("No question was answered by another crash.")
                            : counted(reduction.slips, "question") +
                                  " met another crash, and none of these was accepted.") +
      "</p>\n";
  if (reduction.curve.empty()) return html + "</section>\n";
  const Curve curve(reduction);
  html += curve.svg() +
          "<p class=\"legend\"><span><b style=\"background:var(--kept)\"></b>inputs left</span>";
  if (curve.has_bytes()) {
    html += "<span><b style=\"background:var(--reach)\"></b>bytes in them</span>";
  }
  if (!reduction.slip_questions.empty()) {
    html += "<span><b style=\"background:var(--trigger)\"></b>another crash, not accepted</span>";
  }
  return html + "<span>each on a scale of tens; along it " +
         counted(reduction.questions, "question") + "</span></p>\n" + curve_table(reduction.curve) +
         "</section>\n";
}

std::string payloads_section(const ReportModel& model) {
  if (model.payloads.empty()) return "";
  std::string html = "<section>\n<h2>What is left</h2>\n";
  if (model.payloads.size() < model.kept_inputs) {
    html += "<p>The last " + grouped(model.payloads.size()) + " of " +
            counted(model.kept_inputs, "input") + "; 'crashreel show --inputs' has all.</p>\n";
  }
  if (model.original_path) {
    html +=
        "<p class=\"legend\"><span>as it came</span><span class=\"bytes\"><s>removed</s></span>"
        "<span class=\"bytes\"><i>simplified</i></span></p>\n";
  }
  for (const ReportPayload& payload : model.payloads) html += payload_html(payload, model);
  return html + "</section>\n";
}

std::string stack_section(const Signature& signature, bool from_replay) {
  if (signature.frames.empty()) return "";
  const std::size_t count = frames_that_count(signature);
  std::string html = "<section>\n<h2>Stack</h2>\n<p>" + bytes_html(signature.kind) + ", as " +
                     (from_replay ? "a replay" : "production") +
                     " saw it. The marked frames make the signature: within one build they must "
                     "be the same, of another build the first three by name.</p>\n"
                     "<ol class=\"stack\">\n";
  for (std::size_t i = 0; i < signature.frames.size(); ++i) {
    html += std::string("<li") + (i < count ? " class=\"counts\"" : "") + ">#" + std::to_string(i) +
            " " + escape_html(frame_text(signature.frames[i])) + "</li>\n";
  }
  return html + "</ol>\n</section>\n";
}

}  // namespace crashreel
