// The whole zoo against its frozen minima (tests/zoo/minima.txt).
#pragma once

namespace crashreel::bench {

void measure_zoo();

}  // namespace crashreel::bench
