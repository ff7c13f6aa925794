#include "author/test_result.h"

#include <gtest/gtest.h>

namespace wasmgate::author {
namespace {

const std::vector<TestResult> kResults = {
    {"native", "unit", Verdict::Passed, {}, 1.5},
    {"wasm", "a<b", Verdict::Failed, {"status: \"x\" & y", "z\x01"}, 0.25},
    {"wasm", "c", Verdict::Skipped, {"needs tls"}, 0}};

TEST(JunitXml, HasASuiteForEachAndEscapesTexts) {
  EXPECT_EQ(junit_xml("p", kResults), R"xml(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="p">
  <testsuite name="native" tests="1" failures="0" skipped="0" time="1.500">
    <testcase classname="native" name="unit" time="1.500"/>
  </testsuite>
  <testsuite name="wasm" tests="2" failures="1" skipped="1" time="0.250">
    <testcase classname="wasm" name="a&lt;b" time="0.250">
      <failure message="status: &quot;x&quot; &amp; y&#10;z�"/>
    </testcase>
    <testcase classname="wasm" name="c" time="0.000">
      <skipped message="needs tls"/>
    </testcase>
  </testsuite>
</testsuites>
)xml");
}

TEST(TestJson, CountsByVerdict) {
  const std::string text = test_json("p", kResults);
  EXPECT_NE(text.find("\"passed\": 1,\n  \"failed\": 1,\n  \"skipped\": 1"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace wasmgate::author
