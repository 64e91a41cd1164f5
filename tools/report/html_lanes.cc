#include <string>

#include "capture/reel/base64.h"
#include "tools/json.h"
#include "tools/quantity.h"
#include "tools/report/html_sections.h"
#include "tools/report/lanes.h"
#include "tools/report/markup.h"

namespace crashreel {
namespace {

constexpr char kTools[] =
    "<div class=\"tools\" role=\"group\" aria-label=\"View\">"
    "<button type=\"button\" data-do=\"in\">closer</button>"
    "<button type=\"button\" data-do=\"out\">wider</button>"
    "<button type=\"button\" data-do=\"all\">all</button>"
    "<button type=\"button\" data-do=\"earlier\">earlier</button>"
    "<button type=\"button\" data-do=\"later\">later</button>"
    "<button type=\"button\" data-do=\"previous\">previous input</button>"
    "<button type=\"button\" data-do=\"next\">next input</button>"
    "<button type=\"button\" data-do=\"kept\">next kept</button>"
    "<button type=\"button\" data-do=\"closer\">up to this input</button></div>\n";

std::string legend_of(const ReportModel& model) {
  const std::string kept = model.original_path ? "kept" : "in the reel";
  std::string html =
      "<p class=\"legend\"><span><b style=\"background:var(--kept)\"></b>" + kept + "</span>";
  if (model.original_path) {
    html += "<span><b style=\"background:var(--dropped)\"></b>left out</span>";
  }
  const Loss& loss = model.loss;
  const std::uint64_t lost = loss.overwritten_inputs + loss.trimmed_inputs + loss.sparse_inputs;
  if (lost > 0) {
    html += "<span>" + grouped(lost) + " older ones are lost, before input " +
            grouped(loss.first_kept_seq) + "</span>";
  }
  return html + "</p>\n";
}

// The marks lie under what was kept: what they mark must be seen.
std::string lane_html(const Lane& lane, const std::vector<LaneMark>& marks, bool reduced) {
  std::string numbers = grouped(lane.inputs);
  if (reduced) numbers = grouped(lane.kept) + " of " + numbers;
  const std::string title =
      lane.opening.empty() ? "" : " title=\"" + bytes_html(lane.opening) + "\"";
  std::string html =
      "<div class=\"lane\"><span" + title + ">" + lane.name + " <span class=\"faint\">" + numbers +
      "</span></span><svg viewBox=\"0 0 " + std::to_string(kLaneColumns) +
      " 16\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" + lane.name + ", " + numbers +
      " inputs\"><path class=\"dropped\" d=\"" + lane.dropped_path + "\"/>";
  for (const LaneMark& mark : marks) {
    html += std::string("<path class=\"mark ") + mark.what + "\" data-seq=\"" +
            std::to_string(mark.seq) + "\" d=\"M" + std::to_string(mark.column) + " 0v16\"/>";
  }
  return html + "<path class=\"kept\" d=\"" + lane.kept_path +
         "\"/><path class=\"chosen\" d=\"\"/></svg></div>\n";
}

// Where each mark stands, a line each, so that none hides another.
std::string names_of(const std::vector<LaneMark>& marks) {
  std::string html;
  for (const LaneMark& mark : marks) {
    const std::uint32_t percent = mark.column * 100 / kLaneColumns;
    html += "<div class=\"names\"><span class=\"" + std::string(mark.what) +
            (percent > 60 ? " flip" : "") + "\" data-seq=\"" + std::to_string(mark.seq) +
            "\" style=\"left:" + std::to_string(percent) + "%\">" + mark.what + "</span></div>\n";
  }
  return html;
}

std::string axis_of(const Lanes& lanes, std::size_t inputs) {
  const std::string from = lanes.by_order ? "input 1" : seconds_text(lanes.from_ns);
  const std::string to = lanes.by_order ? "input " + grouped(inputs) : seconds_text(lanes.to_ns);
  return "<div class=\"axis\"><span>" + from + "</span><span>" + to + "</span></div>\n";
}

// Numbers and base64 alone: nothing that could end a script.
std::string data_of(const Lanes& lanes, const ReportModel& model) {
  Json facts;
  facts["inputs"] = model.inputs.size();
  facts["from_us"] = lanes.from_ns / 1000;
  facts["by_order"] = lanes.by_order;
  facts["reduced"] = model.original_path.has_value();
  facts["lanes"] = Json::array();
  for (const Lane& lane : lanes.lanes) facts["lanes"].push_back(lane.inputs);
  return "<script type=\"application/json\" id=\"facts\">" + to_text(facts) +
         "</script>\n<script type=\"text/plain\" id=\"columns\">" + to_base64(lanes.columns) +
         "</script>\n";
}

}  // namespace

std::string lanes_section(const ReportModel& model) {
  const Lanes lanes = lanes_of(model);
  std::string html = "<section>\n<h2 id=\"lanes-title\">Inputs over time</h2>\n";
  html += "<p class=\"faint\">A lane for each session; " +
          std::string(lanes.by_order ? "all inputs have one time, so along it runs their order."
                                     : "along it runs the time since the program's start.") +
          "<span class=\"screen\"> Click an input to see what it is. With the lanes in focus: + "
          "and &minus; zoom, arrows move, n and p choose the next and previous input, k the next "
          "that was kept, Enter goes up to it, 0 shows all.</span></p>\n";
  html += legend_of(model) + kTools;
  html +=
      "<div class=\"lanes\" id=\"lanes\" tabindex=\"0\" role=\"group\" "
      "aria-labelledby=\"lanes-title\">\n" +
      names_of(lanes.marks);
  for (const Lane& lane : lanes.lanes) {
    html += lane_html(lane, lanes.marks, model.original_path.has_value());
  }
  return html + axis_of(lanes, model.inputs.size()) +
         "</div>\n<p id=\"chosen\" role=\"status\"></p>\n" + data_of(lanes, model) + "</section>\n";
}

}  // namespace crashreel
