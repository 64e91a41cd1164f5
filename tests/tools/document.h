// What would a reader of a document type? Its blocks marked `sh`, one after the other, in one shell.
#pragma once

#include <string>

namespace crashreel::testing {

// `path` from the root of the source tree. Where it says $PWD/build/release, this build is meant.
std::string commands_of_document(const std::string& path);

}  // namespace crashreel::testing
