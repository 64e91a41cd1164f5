// What does a ring say of the program that wrote it?
//
// Decodes the superblock's and the facts region's share of a reel. Damaged entries are skipped and
// reported; one whose size can't be believed ends the reading, for what follows can't be found.
#pragma once

#include <string>
#include <vector>

#include "capture/reel/reel.h"
#include "capture/reel/ring_image.h"

namespace crashreel {

struct RingFacts {
  Program program;
  bool kind_is_known = false;  // the recorder said which target kind it is
  std::vector<ReelFile> files;
  std::vector<FileDigest> file_digests;
  Redaction redaction;
  std::vector<std::string> damage;
};

RingFacts read_ring_facts(const RingImage& image);

}  // namespace crashreel
