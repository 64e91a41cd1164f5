// Where does the next reel of a program go, and which older ones go?
//
// A program that crashes again and again must not fill a disk: so many of its newest reels are
// kept, and when all of them are from the last moments, it crashes in a loop and no further one is
// written. Who shares a shelf is told by the files' names alone, so a service that is started anew
// after every crash shares one with its earlier runs, and two recorders at once do not collide.
//
// `path` names either a file, whose older ones become FILE.1.reel, FILE.2.reel, and so on; or a
// folder, in which each reel is PROGRAM-TIME-PID.reel. Nothing but reels with such names is ever
// replaced, renamed or removed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "capture/base/result.h"
#include "capture/reel/input_source.h"
#include "capture/reel/reel.h"

namespace crashreel {

struct ReelShelf {
  std::string path;     // a file, or a folder: one that is there, or a name that ends in '/'
  std::string program;  // whose reels they are: the first part of a name in a folder
  std::uint64_t keep = 5;
  std::chrono::milliseconds loop_time{0};  // a loop: `keep` reels are younger; 0: never one
};

struct Shelved {
  std::string path;     // of the new reel; empty: it was not written
  std::string skipped;  // why not: one line that names the newest one there
};

// Writes the reel, then makes room for it and gives it its name: when it can't be written, nothing
// has changed. `now` and the process's number become a part of the name in a folder.
// `rest` is the reel without its inputs.
Result<Shelved> shelve(const Reel& rest, InputSource& inputs, const ReelShelf& shelf,
                       std::uint32_t pid, std::chrono::system_clock::time_point now);

// Where the reels on a shelf lie: the folder itself, or that of the file.
std::string folder_of_shelf(const std::string& path);

}  // namespace crashreel
