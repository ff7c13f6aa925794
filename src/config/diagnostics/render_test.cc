#include "config/diagnostics/render.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wasmgate::config {
namespace {

Diagnostics one(Diagnostic d) {
  Diagnostics out;
  out.add(std::move(d));
  return out;
}

Diagnostic sample() {
  Diagnostic d;
  d.rule = "wrong-type";
  d.location = {"conf/a.yaml", 2, 6};
  d.end_line = 2;
  d.end_column = 9;
  d.path = "spec.ü";
  d.expected = "string";
  d.found = "number";
  d.hint = "quote it";
  return d;
}

const std::vector<SourceText> kSources{{"conf/a.yaml", "spec:\n\tü: 123 # c\n"}};

TEST(RenderText, ShowsTheLineWithACaret) {
  EXPECT_EQ(render_text(one(sample()), kSources),
            "conf/a.yaml:2:6: error: spec.ü: expected string, got number\n"
            "     ü: 123 # c\n"
            "         ^~~\n"
            "    = try: quote it\n");
}

TEST(RenderText, NeedsNoSource) {
  EXPECT_EQ(render_text(one(sample()), {}),
            "conf/a.yaml:2:6: error: spec.ü: expected string, got number\n    = try: quote it\n");
}

TEST(RenderText, KeepsControlBytesOfFilesHarmless) {
  Diagnostic d = sample();
  d.message = "bad \x1b[0m\nname";
  d.hint.clear();
  EXPECT_EQ(render_text(one(d), {}), "conf/a.yaml:2:6: error: spec.ü: bad \\x1b[0m\\x0aname\n");
}

TEST(RenderText, CutsLongLines) {
  const std::vector<SourceText> sources{{"conf/a.yaml", "\n" + std::string(1000, 'x')}};
  EXPECT_LT(render_text(one(sample()), sources).size(), 300U);
}

TEST(RenderSummary, CountsInWords) {
  EXPECT_EQ(render_summary(one(sample()), 2), "1 error, 0 warnings in 2 files\n");
}

TEST(RenderJson, CarriesEveryField) {
  const auto json = nlohmann::json::parse(render_json(one(sample())));
  EXPECT_EQ(json["errors"], 1);
  const auto& d = json["diagnostics"][0];
  EXPECT_EQ(d["file"], "conf/a.yaml");
  EXPECT_EQ(d["line"], 2);
  EXPECT_EQ(d["endColumn"], 9);
  EXPECT_EQ(d["path"], "spec.ü");
  EXPECT_EQ(d["expected"], "string");
  EXPECT_EQ(d["severity"], "error");
}

TEST(RenderSarif, IsOneRunWithRegions) {
  const auto json = nlohmann::json::parse(render_sarif(one(sample())));
  EXPECT_EQ(json["version"], "2.1.0");
  const auto& result = json["runs"][0]["results"][0];
  EXPECT_EQ(result["ruleId"], "wrong-type");
  EXPECT_EQ(result["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
}

TEST(RenderGithub, EscapesItsOwnSeparators) {
  Diagnostic d = sample();
  d.location.file = "a,b:c.yaml";
  d.message = "50%";
  d.hint.clear();
  EXPECT_EQ(
      render_github(one(d)),
      "::error file=a%2Cb%3Ac.yaml,line=2,col=6,endColumn=9,title=wrong-type::spec.ü: 50%25\n");
}

TEST(Diagnostics, OnlyCountsPastItsLimit) {
  Diagnostics all;
  for (size_t i = 0; i < Diagnostics::kMaxItems; ++i) {
    all.warning({}, "w", "w");
  }
  all.error({}, "e", "e");
  EXPECT_EQ(all.items().size(), Diagnostics::kMaxItems);
  EXPECT_EQ(all.errors(), 1U);
  EXPECT_TRUE(all.has_errors());
  EXPECT_EQ(all.warnings(), Diagnostics::kMaxItems);
}

TEST(Diagnostics, SortsByFileThenPlace) {
  Diagnostics all;
  for (const Location& at :
       {Location{"b", 2, 1}, Location{"a", 1, 1}, Location{"b", 1, 5}, Location{"b", 1, 2}}) {
    Diagnostic d;
    d.location = at;
    all.add(d);
  }
  all.sort();
  std::string order;
  for (const Diagnostic& d : all.items()) {
    order +=
        d.location.file + std::to_string(d.location.line) + std::to_string(d.location.column) + " ";
  }
  EXPECT_EQ(order, "b12 b15 b21 a11 ");
}

}  // namespace
}  // namespace wasmgate::config
