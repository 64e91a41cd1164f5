// What do so many tries say about how often the crash comes?
#pragma once

namespace crashreel {

struct RateInterval {
  double low = 0;
  double high = 1;
};

// In which the rate lies with 95 % confidence, tries being independent: Clopper and Pearson, "The
// use of confidence or fiducial limits", Biometrika 26 (1934). Never too narrow, whatever the rate.
RateInterval rate_interval(int crashes, int tries);

// What the rate is below, with 95 % confidence, when none of so many independent tries crashed.
double rate_if_never_seen(int tries);

}  // namespace crashreel
