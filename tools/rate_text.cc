#include "tools/rate_text.h"

#include <cmath>

namespace crashreel {
namespace {

std::string in_tenths(double tenths) {
  const std::string text = std::to_string(tenths / 10);
  return text.substr(0, text.find('.') + 2) + " %";
}

}  // namespace

std::string percent_at_most(double rate) {
  return in_tenths(std::ceil(1000 * rate));
}

std::string between_text(const RateInterval& rate) {
  return "between " + in_tenths(std::floor(1000 * rate.low)) + " and " + percent_at_most(rate.high);
}

}  // namespace crashreel
