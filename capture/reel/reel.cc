#include "capture/reel/reel.h"

#include <array>
#include <utility>

namespace crashreel {
namespace {

constexpr std::array<std::pair<InputKind, const char*>, 7> kInputKinds = {{
    {InputKind::kOpen, "open"},
    {InputKind::kData, "data"},
    {InputKind::kClose, "close"},
    {InputKind::kSignal, "signal"},
    {InputKind::kClock, "clock"},
    {InputKind::kRandom, "random"},
    {InputKind::kNote, "note"},
}};

}  // namespace

bool counts_as_input(InputKind kind) {
  return kind == InputKind::kData || kind == InputKind::kSignal;
}

const char* name_of(InputKind kind) {
  for (const auto& [known, name] : kInputKinds)
    if (known == kind) return name;
  return "unknown";
}

std::optional<InputKind> input_kind_of(const std::string& name) {
  for (const auto& [kind, known] : kInputKinds)
    if (name == known) return kind;
  return std::nullopt;
}

const char* name_of(TargetKind kind) {
  switch (kind) {
    case TargetKind::kServer:
      return "server";
    case TargetKind::kStdin:
      return "stdin";
  }
  return "unknown";
}

}  // namespace crashreel
