// Who takes what is sent to Sentry? One request, on a port of this machine.
#pragma once

#include <string>
#include <thread>
#include <vector>

namespace crashreel {

// As the format has it: a line of JSON, then for each item a line with its length and as many
// bytes.
struct Envelope {
  std::string head;  // of the request
  std::vector<std::string> items;
};

class EnvelopeListener {
 public:
  EnvelopeListener();
  ~EnvelopeListener();
  EnvelopeListener(const EnvelopeListener&) = delete;
  EnvelopeListener& operator=(const EnvelopeListener&) = delete;

  std::string url() const;
  // Waits for the request's end, or for nobody when none has come.
  Envelope received();

 private:
  void serve();

  int listener_;
  int port_ = 0;
  Envelope envelope_;
  std::thread thread_;
};

}  // namespace crashreel
