// A minimization's journal may hold anything: what is read of it is what would be written again.
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/base/check.h"
#include "minimizer/journal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using crashreel::JournalText;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto journal = JournalText::parse(text);
  if (!journal) return 0;
  std::string again = JournalText::header(journal->identity);
  for (const JournalText::Line& line : journal->lines) again += JournalText::line(line);
  CRASHREEL_CHECK(again == text.substr(0, journal->good_bytes));
  return 0;
}
