// What would a reader of a document type? Its blocks marked `sh`, one after the other, in one
// shell.
#pragma once

#include <string>
#include <vector>

namespace crashreel::testing {

// `path` from the root of the source tree. Where it says $PWD/build/release, this build is meant.
std::string commands_of_document(const std::string& path);

// Blocks marked `sh SCENE` are typed where a test has laid out what they need: files, a repository,
// a server. Those of one scene of this page.
std::string commands_in_scene(const std::string& path, const std::string& scene);

// What stands outside its blocks, as one line.
std::string prose_of(const std::string& path);

// The lines of its blocks of that language; of all blocks for "".
std::vector<std::string> lines_of_blocks(const std::string& path, const std::string& language);

}  // namespace crashreel::testing
