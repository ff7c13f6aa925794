#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "artifact/layout_archive.h"
#include "cli/exit_codes.h"
#include "cli/image_place.h"
#include "cli/progress.h"
#include "cli/result_printer.h"

namespace wasmgate::cli {
namespace {

using Kind = PlaceName::Kind;

struct Written {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Console console{out, err, in};
};

TEST(ParsePlace, TellsRegistriesFromPaths) {
  const std::pair<const char*, Kind> words[] = {{"oci://r.example.com/team/x:1", Kind::Registry},
                                                {"r.example.com/team/x:1", Kind::Registry},
                                                {"127.0.0.1:5000/x", Kind::Registry},
                                                {"localhost/x", Kind::Registry},
                                                {"image", Kind::Folder},
                                                {"./image", Kind::Folder},
                                                {"team/x:1", Kind::Folder},
                                                {"r.example.com/x.tar", Kind::Registry},
                                                {"./x.tar", Kind::Archive},
                                                {"plugin.wasm", Kind::Module},
                                                {"/tmp/plugin.wasm", Kind::Module}};
  for (const auto& [word, kind] : words) {
    const auto place = parse_place(word);
    ASSERT_TRUE(place) << word;
    EXPECT_EQ(place->kind, kind) << word;
  }
  EXPECT_FALSE(parse_place("http://r.example.com/x"));
  EXPECT_FALSE(parse_place(""));
}

TEST(ParsePlace, TakesAFolderThatIsThereBeforeARegistry) {
  artifact::ScratchFolder scratch;
  ASSERT_TRUE(scratch.open());
  const std::string folder = scratch.path() + "/localhost/x";
  std::filesystem::create_directories(folder);
  EXPECT_EQ(parse_place(folder)->kind, Kind::Folder);
}

TEST(ParseRegistry, TakesAHostOnly) {
  EXPECT_EQ(*parse_registry("R.example.com:443"), "r.example.com:443");
  EXPECT_EQ(*parse_registry("index.docker.io"), "docker.io");
  for (const char* text : {"", "a/b", "oci://a", "a b", "a:x"}) {
    EXPECT_FALSE(parse_registry(text)) << text;
  }
}

TEST(ExitCodeOf, IsTheDocumentedOne) {
  EXPECT_EQ(exit_code_of(ErrorCode::Corrupt), kMismatch);
  EXPECT_EQ(exit_code_of(ErrorCode::Unverified), kMismatch);
  EXPECT_EQ(exit_code_of(ErrorCode::Refused), kDenied);
  EXPECT_EQ(exit_code_of(ErrorCode::NotFound), kNotFound);
  EXPECT_EQ(exit_code_of(ErrorCode::Unavailable), kNetwork);
  EXPECT_EQ(exit_code_of(ErrorCode::Protocol), kNetwork);
  EXPECT_EQ(exit_code_of(ErrorCode::Timeout), kTimedOut);
  EXPECT_EQ(exit_code_of(ErrorCode::InvalidArgument), kUsage);
  EXPECT_EQ(exit_code_of(ErrorCode::Cancelled), kInterrupted);
  EXPECT_EQ(exit_code_of(ErrorCode::LimitExceeded), kFailed);
}

TEST(PrintResult, AlignsTextAndLeavesOutWhatIsEmpty) {
  Written w;
  print_result({{"a", "pushed", "x"}, {"b", "signed by", ""}, {"c", "tag", "y"}}, "text",
               w.console);
  EXPECT_EQ(w.out.str(), "pushed  x\ntag     y\n");
}

TEST(PrintResult, KeepsAllKeysInJson) {
  Written w;
  print_result({{"a", "pushed", "x"}, {"b", "signed by", ""}}, "json", w.console);
  EXPECT_EQ(w.out.str(), "{\n  \"a\": \"x\",\n  \"b\": \"\"\n}\n");
}

TEST(Progress, IsPlainLinesWithoutATerminal) {
  Written w;
  {
    Progress progress(w.console);
    progress.busy("pushing");
    progress.step("layer 1 KB");
  }
  EXPECT_EQ(w.err.str(), "layer 1 KB\n");
}

TEST(Progress, ClearsItsLineOnATerminal) {
  Written w;
  w.console.animate = true;
  {
    Progress progress(w.console);
    progress.busy("pushing");
  }
  EXPECT_NE(w.err.str().find(" pushing"), std::string::npos);
  EXPECT_TRUE(w.err.str().ends_with("\r\x1B[K"));
}

TEST(SizeText, IsForPeople) {
  EXPECT_EQ(size_text(17), "17 B");
  EXPECT_EQ(size_text(52'110), "52 KB");
  EXPECT_EQ(size_text(1'240'000), "1.2 MB");
}

}  // namespace
}  // namespace wasmgate::cli
