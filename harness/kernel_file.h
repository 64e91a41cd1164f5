// A file of the kernel's, that takes a setting.
#pragma once

#include <string>

namespace crashreel {

// In one write, as the kernel wants it. False: errno says why.
bool write_kernel_file(const std::string& path, const std::string& text);

}  // namespace crashreel
