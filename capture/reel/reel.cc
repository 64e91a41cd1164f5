#include "capture/reel/reel.h"

#include <array>
#include <utility>

namespace crashreel {
namespace {

constexpr std::array<std::pair<InputKind, const char*>, 9> kInputKinds = {{
    {InputKind::kOpen, "open"},
    {InputKind::kData, "data"},
    {InputKind::kClose, "close"},
    {InputKind::kSignal, "signal"},
    {InputKind::kClock, "clock"},
    {InputKind::kRandom, "random"},
    {InputKind::kNote, "note"},
    {InputKind::kMasked, "masked"},
    {InputKind::kDigest, "digest"},
}};

constexpr std::array<std::pair<Place, const char*>, 4> kPlaces = {{
    {Place::kTail, "tail"},
    {Place::kPrelude, "prelude"},
    {Place::kHead, "head"},
    {Place::kPinned, "pinned"},
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

const char* name_of(Place place) {
  for (const auto& [known, name] : kPlaces)
    if (known == place) return name;
  return "unknown";
}

std::optional<Place> place_of(const std::string& name) {
  for (const auto& [place, known] : kPlaces)
    if (name == known) return place;
  return std::nullopt;
}

const char* name_of(SaveReason reason) {
  switch (reason) {
    case SaveReason::kUnknown:
      return "unknown";
    case SaveReason::kCrash:
      return "crash";
    case SaveReason::kAbnormal:
      return "abnormal";
    case SaveReason::kAlways:
      return "always";
    case SaveReason::kSignal:
      return "signal";
    case SaveReason::kRequest:
      return "request";
    case SaveReason::kHang:
      return "hang";
    case SaveReason::kSalvage:
      return "salvage";
  }
  return "unknown";
}

const char* name_of(TargetKind kind) {
  switch (kind) {
    case TargetKind::kServer:
      return "server";
    case TargetKind::kStdin:
      return "stdin";
    case TargetKind::kFunction:
      return "function";
  }
  return "unknown";
}

std::size_t prelude_of(const Reel& reel) {
  std::size_t size = 0;
  while (size < reel.inputs.size() && reel.inputs[size].place == Place::kPrelude) ++size;
  return size;
}

}  // namespace crashreel
