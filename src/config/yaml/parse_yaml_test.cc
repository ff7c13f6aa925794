#include "config/yaml/parse_yaml.h"

#include <gtest/gtest.h>

namespace wasmgate::config {
namespace {

const std::string kYamlFile = "a.yaml";

// "line:column rule" of each finding.
std::vector<std::string> places(const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& d : diagnostics.items()) {
    out.push_back(std::to_string(d.location.line) + ":" + std::to_string(d.location.column) + " " +
                  d.rule);
  }
  return out;
}

std::vector<std::string> findings(std::string_view text) {
  Diagnostics out;
  parse_yaml(kYamlFile, text, out);
  return places(out);
}

using Places = std::vector<std::string>;

TEST(ParseYaml, ReadsSeveralDocuments) {
  Diagnostics out;
  const auto documents =
      parse_yaml(kYamlFile, "a: 1\n---\n---\n# nothing\n---\n{\"b\": [x]}\n", out);
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[1]->find("b")->items.at(0)->text, "x");
  EXPECT_EQ(documents[1]->find("b")->span.line, 6U);
}

TEST(ParseYaml, GivesSpansInCharactersAndWithQuotes) {
  Diagnostics out;
  const auto documents = parse_yaml(kYamlFile, "é: \"ü\"\n", out);
  const Span span = documents.at(0)->find("é")->span;
  EXPECT_EQ(span.column, 4U);
  EXPECT_EQ(span.end_column, 7U);
}

TEST(ParseYaml, RefusesDuplicateKeys) {
  EXPECT_EQ(findings("a: 1\nb: 2\na: 3\n"), Places{"3:1 duplicate-key"});
}

TEST(ParseYaml, RefusesKeysThatAreNoWords) {
  EXPECT_EQ(findings("? [a]\n: 1\nb: 2\n"), Places{"1:3 bad-key"});
}

TEST(ParseYaml, GoesOnAfterABrokenDocument) {
  EXPECT_EQ(findings("a: b: c\n---\n[1, 2\n---\nx: on\n"),
            (Places{"1:5 syntax", "4:1 syntax", "5:4 yaml11-boolean"}));
}

TEST(ParseYaml, GivesUpAfterAThousandBrokenDocuments) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) {
    text += "---\na: b: c\n";
  }
  EXPECT_EQ(findings(text).size(), 1'000U);
}

TEST(ParseYaml, ResolvesAliasesAndMergeKeys) {
  Diagnostics out;
  const auto documents =
      parse_yaml(kYamlFile, "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\nz: *x\n", out);
  const Node* y = documents.at(0)->find("y");
  EXPECT_EQ(y->find("a")->text, "1");
  EXPECT_EQ(y->find("b")->text, "3");
  EXPECT_EQ(documents.at(0)->find("z")->find("b")->text, "2");
  EXPECT_TRUE(out.empty());
}

TEST(ParseYaml, RefusesAliasesWithoutAnchorAndCycles) {
  EXPECT_EQ(findings("a: *b\n"), Places{"1:4 unknown-alias"});
  EXPECT_EQ(findings("a: &a [*a]\n"), Places{"1:8 alias-cycle"});
}

TEST(ParseYaml, RefusesAliasesThatUnfoldTooFar) {
  std::string text = "a0: &a0 xxxxxxxxxxxxxxxxxxxx\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + last + ", *a" + last +
            "]\n";
  }
  const auto found = findings(text);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].ends_with(" too-large")) << found[0];
}

TEST(ParseYaml, RefusesTooDeepNesting) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(findings(nested(kMaxDocumentDepth)), Places{});
  EXPECT_EQ(findings(nested(kMaxDocumentDepth + 1)), Places{"1:73 too-deep"});
}

TEST(ParseYaml, RefusesTooDeepNestingThroughAliases) {
  std::string text = "a: &a " + std::string(40, '[') + std::string(40, ']') + "\nb: ";
  text += std::string(40, '[') + "*a" + std::string(40, ']') + "\n";
  EXPECT_EQ(findings(text).size(), 1U);
}

TEST(ParseYaml, RefusesNumbersWithoutJsonForm) {
  EXPECT_EQ(findings("a: -.inf\n"), Places{"1:4 not-finite"});
}

TEST(ParseYaml, KnowsTheCoreTagsOnly) {
  EXPECT_EQ(findings("a: !!str 5\nb: !!int 5\nc: !!map {}\n"), Places{});
  EXPECT_EQ(findings("a: !env X\n"), Places{"1:9 bad-tag"});
  EXPECT_EQ(findings("a: !!int x\n"), Places{"1:10 bad-tag"});
}

TEST(ParseYaml, RefusesTextThatIsNoUtf8) {
  EXPECT_EQ(findings("a: 1\nb: \xff\n"), Places{"2:4 encoding"});
  EXPECT_EQ(findings(std::string_view("a: \0", 4)), Places{"1:4 encoding"});
}

TEST(ParseYaml, AcceptsAByteOrderMarkAndCarriageReturns) {
  Diagnostics out;
  EXPECT_EQ(parse_yaml(kYamlFile,
                       "\xEF\xBB\xBF"
                       "a: 1\r\nb: x\r\n",
                       out)
                .at(0)
                ->find("b")
                ->text,
            "x");
}

}  // namespace
}  // namespace wasmgate::config
