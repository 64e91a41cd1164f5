/* LTTng-UST's tracepoint in the capture benchmark: one event with the same payload. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER crashreel_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/bench/lttng_rival.h"

#if !defined(CRASHREEL_LTTNG_RIVAL_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define CRASHREEL_LTTNG_RIVAL_H

#include <lttng/tracepoint.h>
#include <stddef.h>

LTTNG_UST_TRACEPOINT_EVENT(crashreel_bench, input,
                           LTTNG_UST_TP_ARGS(const char*, bytes, size_t, size),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_sequence(char, payload, bytes,
                                                                        size_t, size)))

#endif

#include <lttng/tracepoint-event.h>
