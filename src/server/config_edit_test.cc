#include "server/config_edit.h"

#include <gtest/gtest.h>

namespace wasmgate::server {
namespace {

std::string resource(const std::string& kind, const std::string& name, const std::string& more) {
  return "kind: " + kind + "\nmetadata:\n  name: " + name + "\n" + more;
}

const std::string kTwo =
    "# first\n" + resource("Ingress", "a", "x: 1\n") + "---\n" + resource("Service", "a", "x: 2\n");

TEST(EditsToApply, PutsANewResourceIntoAFileOfItsOwn) {
  const auto edits =
      edits_to_apply({{"conf/x.yaml", kTwo}}, "conf", resource("WasmPlugin", "p", ""));
  ASSERT_TRUE(edits) << edits.error().detail;
  ASSERT_EQ(edits->files.size(), 1U);
  EXPECT_EQ(edits->files[0].path, "conf/wasmplugin-higress-system-p.yaml");
  EXPECT_EQ(edits->resources, std::vector<std::string>{"wasmplugin/higress-system/p: created"});
}

TEST(EditsToApply, ReplacesOneDocumentAndLeavesTheOthers) {
  const auto edits =
      edits_to_apply({{"conf/x.yaml", kTwo}}, "conf", "---\n" + resource("Ingress", "a", "x: 3"));
  ASSERT_TRUE(edits) << edits.error().detail;
  ASSERT_EQ(edits->files.size(), 1U);
  EXPECT_EQ(*edits->files[0].text,
            resource("Ingress", "a", "x: 3\n") + "---\n" + resource("Service", "a", "x: 2\n"));
}

TEST(EditsToApply, ChangesNothingWhenItIsThereAlready) {
  const auto edits =
      edits_to_apply({{"conf/x.yaml", kTwo}}, "conf", resource("Service", "a", "x: 2\n\n"));
  ASSERT_TRUE(edits) << edits.error().detail;
  EXPECT_TRUE(edits->files.empty());
  EXPECT_EQ(edits->resources, std::vector<std::string>{"service/default/a: unchanged"});
}

TEST(EditsToApply, TakesTheNamespaceIntoAccount) {
  const std::string other = "kind: Ingress\nmetadata: {name: a, namespace: b}\n";
  const auto edits = edits_to_apply({{"conf/x.yaml", kTwo}}, "conf", other);
  EXPECT_EQ(edits->files[0].path, "conf/ingress-b-a.yaml");
}

TEST(EditsToApply, RefusesWhatIsNoResource) {
  for (const char* text : {"", "---\n---\n", "[1]", "kind: Ingress", "metadata: {name: a}",
                           "kind: Ingress\nmetadata: {name: ../a}\n", "a: [\n"}) {
    EXPECT_EQ(edits_to_apply({}, "conf", text).error().code, ErrorCode::InvalidArgument) << text;
  }
}

TEST(EditsToApply, RefusesAResourceThatIsThereTwice) {
  EXPECT_EQ(edits_to_apply({{"a.yaml", kTwo}, {"b.yaml", kTwo}}, "conf",
                           resource("Service", "a", "x: 3\n"))
                .error()
                .code,
            ErrorCode::AlreadyExists);
}

TEST(EditsToDelete, TakesOutOneDocument) {
  const auto edits = edits_to_delete({{"x.yaml", kTwo}}, {"ingress", "default", "a"});
  ASSERT_TRUE(edits) << edits.error().detail;
  EXPECT_EQ(*edits->files[0].text, "---\n" + resource("Service", "a", "x: 2\n"));
}

TEST(EditsToDelete, RemovesAFileThatHadNothingElse) {
  const auto edits =
      edits_to_delete({{"x.yaml", resource("Service", "a", "")}}, {"service", "default", "a"});
  ASSERT_TRUE(edits) << edits.error().detail;
  EXPECT_FALSE(edits->files[0].text);
}

TEST(EditsToDelete, TellsWhatIsNotThere) {
  EXPECT_EQ(edits_to_delete({{"x.yaml", kTwo}}, {"service", "default", "b"}).error().code,
            ErrorCode::NotFound);
}

TEST(WithEdits, GivesTheFilesAsTheyWillBe) {
  const auto files =
      with_edits({{"a", "1"}, {"b", "2"}}, {{"a", "3"}, {"b", std::nullopt}, {"c", "4"}});
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].text, "3");
  EXPECT_EQ(files[1].path, "c");
}

}  // namespace
}  // namespace wasmgate::server
