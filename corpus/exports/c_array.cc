// An array in C, for programs that bring the inputs to the tested code themselves.
#include "corpus/exports/c_text.h"
#include "corpus/exports/formats.h"

namespace crashreel {

Result<std::string> export_c_array(const Reel& reel, const std::string& name) {
  const std::string array = c_name(name);
  std::string text =
      "/* Inputs of " + array +
      ", in their order, as crashreel exported them. Of kind 1 (a session opens), 2\n"
      "   (it brings data), 3 (it closes); others are in crashreel's reel.h. */\n"
      "#include <stddef.h>\n\n"
      "struct " +
      array +
      "_input {\n"
      "  unsigned session; /* 4294967295: none */\n"
      "  int kind;\n"
      "  unsigned long long time_ns;\n"
      "  size_t size;\n"
      "  const char *data;\n"
      "};\n\nstatic const struct " +
      array + "_input " + array + "[] = {\n";
  for (const Input& input : reel.inputs)
    text += "  {" + std::to_string(input.session) + "u, " +
            std::to_string(static_cast<int>(input.kind)) + ", " + std::to_string(input.time_ns) +
            "ull, " + std::to_string(input.data.size()) + ",\n" + c_literals(input.data, "   ") +
            "},\n";
  if (reel.inputs.empty()) text += "  {0u, 0, 0ull, 0, \"\"},\n";
  return text + "};\nstatic const size_t " + array +
         "_inputs = " + std::to_string(reel.inputs.size()) + ";\n";
}

}  // namespace crashreel
