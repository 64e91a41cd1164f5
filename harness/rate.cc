#include "harness/rate.h"

#include <boost/math/distributions/binomial.hpp>
#include <cmath>

namespace crashreel {
namespace {

constexpr double kDoubt = 0.05;

using Binomial = boost::math::binomial_distribution<>;

}  // namespace

RateInterval rate_interval(int crashes, int tries) {
  if (tries <= 0) return {};
  return {Binomial::find_lower_bound_on_p(tries, crashes, kDoubt / 2),
          Binomial::find_upper_bound_on_p(tries, crashes, kDoubt / 2)};
}

double rate_if_never_seen(int tries) {
  return tries <= 0 ? 1.0 : 1.0 - std::pow(kDoubt, 1.0 / tries);
}

}  // namespace crashreel
