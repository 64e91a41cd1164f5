#include "tests/tools/scene.h"

#include <gtest/gtest.h>

namespace crashreel::testing {

Reel crashed_server() {
  Reel reel;
  reel.program = {.kind = TargetKind::kServer,
                  .executable = "/opt/server/bin/server",
                  .argv = {"server", "-f", "server.conf"},
                  .env = {"LANG=C"},
                  .working_directory = "/srv",
                  .build_id = "0123456789abcdef",
                  .pid = 4711,
                  .start_realtime_ns = 1'700'000'000'000'000'000};
  reel.loss = {.first_kept_seq = 100,
               .overwritten_inputs = 97,
               .overwritten_bytes = 1'572'864,
               .torn_inputs = 1,
               .reaches_start = false};
  reel.crash = {.known = true,
                .signal = 11,
                .time_ns = 12'000'345'000,
                .signature = {"SIGSEGV",
                              {{"server", "0123456789abcdef", 0x1234, "free_client"},
                               {"libc.so.6", "", 0x271ca, ""}}}};
  reel.files = {{"/etc/server.conf", 0640, "port 6379\n"}};
  reel.inputs = {
      {0, 1'000'000, 1, 0, InputKind::kOpen, "tcp inbound 127.0.0.1:6379 127.0.0.1:50112"},
      {1, 1'500'000, 1, 0, InputKind::kData, "HELLO\r\n"},
      {100, 11'000'000'000, 2, 7, InputKind::kData, std::string("GET \x1b[31m\0key\n", 14)},
      {101, 11'000'001'000, 2, kNoSession, InputKind::kSignal, "15"},
      {102, 12'000'000'000, 1, 7, InputKind::kData, std::string(3000, '\xff')}};
  reel.inputs[0].place = reel.inputs[1].place = Place::kPrelude;
  return reel;
}

Json one_object(const std::string& out) {
  Json object = Json::parse(out, nullptr, false);
  if (!object.is_object() || out.empty() || out.back() != '\n') {
    ADD_FAILURE() << "not exactly one JSON object: " << out;
    return {};
  }
  return object;
}

}  // namespace crashreel::testing
