// What does `crashreel record` itself write into the program's ring? Its standard input.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "capture/reel/reel.h"

namespace crashreel {

class StdinRecord {
 public:
  // The rules of redaction outlive this.
  explicit StdinRecord(const std::string& redact_rules) : redact_rules_(redact_rules) {}
  ~StdinRecord();

  // To the ring that the program's recorder has made. 0 or an errno value.
  int attach(const std::string& ring_path);
  void note(InputKind kind, std::string_view bytes);
  // After exec the program begins its ring anew, and this one is nobody's.
  bool was_left_behind(const std::string& ring_path) const;

 private:
  const std::string& redact_rules_;
  std::optional<ino_t> attached_to_;
};

}  // namespace crashreel
