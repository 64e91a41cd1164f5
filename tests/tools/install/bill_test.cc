// Is the bill of materials one by the rules of SPDX 2.3, and does it name what is really there?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/tools/install/installed_tree.h"
#include "tools/json.h"

namespace crashreel {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::MatchesRegex;
using testing::TemporaryDirectory;

class Bill : public ::testing::TestWithParam<const char*> {
 protected:
  Bill() : bill_(read(GetParam())) {}

  Json read(const std::string& part) {
    return Json::parse(good("cat \"$tree/share/doc/crashreel/" + part + ".spdx.json\""));
  }

  std::string good(const std::string& line) {
    const testing::CommandRun run =
        testing::run_line("tree='" + testing::installed_tree() + "'; " + line);
    EXPECT_EQ(run.exit, 0) << line << "\n" << run.err;
    return run.out;
  }

  static std::string text(const Json& object, const char* member) {
    EXPECT_TRUE(object.contains(member)) << member << " is missing in " << object;
    return object.value(member, "");
  }

  Json bill_;
};

TEST_P(Bill, HasWhatADocumentMustHave) {
  EXPECT_EQ(text(bill_, "spdxVersion"), "SPDX-2.3");
  EXPECT_EQ(text(bill_, "dataLicense"), "CC0-1.0");
  EXPECT_EQ(text(bill_, "SPDXID"), "SPDXRef-DOCUMENT");
  EXPECT_FALSE(text(bill_, "name").empty());
  EXPECT_THAT(text(bill_, "documentNamespace"), MatchesRegex("[a-z]+:[^# ]+"));
  const Json& made = bill_["creationInfo"];
  EXPECT_THAT(text(made, "created"), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"));
  ASSERT_FALSE(made["creators"].empty());
  for (const Json& creator : made["creators"]) {
    EXPECT_THAT(std::string(creator), MatchesRegex("(Person|Organization|Tool): .+"));
  }
}

TEST_P(Bill, HasWhatPackagesAndFilesMustHave) {
  for (const Json& package : bill_["packages"]) {
    EXPECT_FALSE(text(package, "name").empty());
    EXPECT_THAT(text(package, "SPDXID"), MatchesRegex("SPDXRef-[A-Za-z0-9.-]+"));
    EXPECT_FALSE(text(package, "downloadLocation").empty());
    EXPECT_EQ(package["filesAnalyzed"], package.contains("packageVerificationCode"));
    EXPECT_NE(text(package, "versionInfo"), "NOASSERTION") << package;
  }
  ASSERT_FALSE(bill_["files"].empty());
  for (const Json& file : bill_["files"]) {
    EXPECT_THAT(text(file, "SPDXID"), MatchesRegex("SPDXRef-[A-Za-z0-9.-]+"));
    const std::string name = text(file, "fileName");
    EXPECT_TRUE(name.starts_with("./")) << name;
    const Json& sums = file["checksums"];
    EXPECT_EQ(sums[0]["algorithm"], "SHA1");
    EXPECT_EQ(good("sha1sum < \"$tree/" + name + "\""),
              std::string(sums[0]["checksumValue"]) + "  -\n");
  }
}

TEST_P(Bill, RelatesOnlyWhatItHasAndEachNameIsOne) {
  std::multiset<std::string> names = {bill_["SPDXID"]};
  for (const char* list : {"packages", "files"}) {
    for (const Json& element : bill_[list]) names.insert(text(element, "SPDXID"));
  }
  for (const std::string& name : names) EXPECT_EQ(names.count(name), 1u) << name;
  std::set<std::string> kinds;
  for (const Json& relation : bill_["relationships"]) {
    EXPECT_TRUE(names.contains(text(relation, "spdxElementId"))) << relation;
    EXPECT_TRUE(names.contains(text(relation, "relatedSpdxElement"))) << relation;
    kinds.insert(text(relation, "relationshipType"));
  }
  EXPECT_THAT(kinds, IsSupersetOf({"DESCRIBES", "CONTAINS"}));
}

// By the loader and the package database themselves; the latter knows a library by its link's name
// or by its own.
constexpr char kOwners[] = R"sh(
for file in $(jq -r '.files[].fileName' "$tree/share/doc/crashreel/$part.spdx.json"); do
  readelf -dW "$tree/$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >needed
  if [ -s needed ]; then
    ldd "$tree/$file" | awk 'BEGIN { while ((getline n < "needed") > 0) want[n] } $1 in want { print $3 }'
  fi
done | sort -u >found
{ cat found; xargs -r readlink -f <found; } | xargs -r dpkg -S 2>/dev/null | sed 's/:.*//' | sort -u
)sh";

TEST_P(Bill, KnowsTheOwnerOfEveryLibraryThatIsLinked) {
  std::set<std::string> linked;
  for (const Json& relation : bill_["relationships"]) {
    if (relation["relationshipType"] != "DYNAMIC_LINK") continue;
    for (const Json& package : bill_["packages"]) {
      if (package["SPDXID"] == relation["relatedSpdxElement"]) linked.insert(package["name"]);
    }
  }
  const TemporaryDirectory work;
  const testing::CommandRun run = testing::run_line(
      "tree='" + testing::installed_tree() + "' part=" + GetParam() + "; " + kOwners,
      {.directory = work.path()});
  std::set<std::string> owners;
  std::istringstream lines(run.out);
  for (std::string owner; lines >> owner;) owners.insert(owner);
  EXPECT_EQ(linked, owners);
  EXPECT_EQ(owners.empty(), std::string(GetParam()) == "development");
}

INSTANTIATE_TEST_SUITE_P(Of, Bill, ::testing::Values("runtime", "development", "tools"),
                         [](const auto& part) { return std::string(part.param); });

TEST(BillOfTheTools, NamesWhatIsCompiledInToo) {
  const std::string text = testing::run_line("cat '" + testing::installed_tree() +
                                             "/share/doc/crashreel/tools.spdx.json'")
                               .out;
  for (const char* name :
       {"libboost1.74-dev", "libzstd-dev", "nlohmann-json3-dev", "llvm-19-dev"}) {
    EXPECT_THAT(text, HasSubstr("\"name\": \"" + std::string(name) + "\""));
  }
  EXPECT_EQ(text.find("libgtest-dev"), std::string::npos);  // belongs to the tests
}

TEST(BillOfMaterials, SaysWhenNothingIsThere) {
  const TemporaryDirectory work;
  const testing::CommandRun run =
      testing::run_line(CRASHREEL_SOURCE_DIR
                        "/tools/install/bill-of-materials --build . --version 1 --part tools "
                        "$PWD $PWD/bill",
                        {.directory = work.path()});
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("nothing of the part 'tools' is there; install first"));
}

}  // namespace
}  // namespace crashreel
