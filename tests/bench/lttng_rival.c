/* LTTng-UST as the capture benchmark calls it. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tests/bench/lttng_rival.h"

void crashreel_lttng_record(const void* bytes, size_t size);

void crashreel_lttng_record(const void* bytes, size_t size) {
  lttng_ust_tracepoint(crashreel_bench, input, (const char*)bytes, size);
}
