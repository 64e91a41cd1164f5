// crashreel salvage: the ring of a program that is gone becomes a reel.

#include "capture/reel/reel_writer.h"
#include "capture/reel/salvage.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"

namespace crashreel {
namespace {

Result<int> run(const Arguments& arguments, Console& console) {
  Result<ReadReel> salvaged = salvage_ring(arguments.operands().front());
  if (!salvaged) return salvaged.error();
  const std::string& output = arguments.text("output");
  if (Result<void> written = write_reel(salvaged->reel, output); !written) return written.error();
  report_damage(console, arguments.operands().front(), salvaged->damage);
  report_written(console, "salvage", output, *salvaged);
  return kExitDone;
}

}  // namespace

const Verb& salvage_verb() {
  static const Verb verb{
      .name = "salvage",
      .summary = "Make a reel of the ring that a dead program left behind",
      .text =
          "The ring is only read, and may belong to a program that still runs: the reel then ends "
          "where the program was. What the ring could not keep is counted, never passed over.",
      .operands = {{"RING", "The ring's file, by default /dev/shm/crashreel-PID.ring"}},
      .options = {{.name = "output",
                   .letter = 'o',
                   .value = Value::kText,
                   .argument = "FILE.reel",
                   .help = "Where the reel goes",
                   .required = true}},
      .statuses = {{kExitDone, "The reel is written"},
                   {kExitDamaged, "The ring is damaged beyond use, or the file is none"}},
      .examples = {{"crashreel salvage server.ring -o crash.reel",
                    "After a crash of a program that records itself"}},
      .run = run};
  return verb;
}

}  // namespace crashreel
