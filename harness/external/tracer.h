// What does a program die of, seen by who traces it?
//
// Holds every task of an instance by ptrace(2), lets it go on from whatever it stops for, and stops
// it for good at the first chance of a fatal signal, whatever handlers the program has: then its
// registers, stack and mappings are written down, as a player would from inside. Where tracing is
// not allowed nothing is written down, and the program dies by itself.
//
// All of it belongs to the thread that made it. Before the instance can be gone, its tasks have to
// be let go (let_go): the kernel keeps the dead for who traces them.
#pragma once

#include <sys/types.h>

#include <map>
#include <vector>

#include "harness/external/tasks.h"
#include "harness/player/script.h"

namespace crashreel {

class Tracer {
 public:
  // Where to write down how it died.
  explicit Tracer(ScriptCrash& crash) : crash_(crash) {}
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Takes hold of the tasks that are new, and lets those go on that stopped. True: a fatal signal
  // was about to be delivered, its task stands still, and crash() says how it came.
  bool attend(const std::vector<TaskSeen>& seen);
  // Once the instance has been killed, or is about to be: waits until each of these, and of those
  // that are held, is dead.
  void let_go(const std::vector<TaskSeen>& seen);
  // The errno value by which the kernel has refused to let the first task be held; 0: it has not.
  int refused() const { return refused_; }

 private:
  void seize_new(const std::vector<TaskSeen>& seen);
  // True: it stands before a fatal signal.
  bool go_on(pid_t task, int status);
  void write_down(pid_t task, int signal);

  ScriptCrash& crash_;
  int refused_ = 0;
  // Do they lead a process? It is dead only when all its other tasks are.
  std::map<pid_t, bool> held_;
};

}  // namespace crashreel
