#include "author/case_file.h"

#include <gtest/gtest.h>

#include "author/case_check.h"

namespace wasmgate::author {
namespace {

CaseFile read(const std::string& text) {
  auto file = parse_case("a.yaml", text);
  EXPECT_TRUE(file) << file.error().detail;
  return file ? *file : CaseFile{};
}

std::string problem(const std::string& text) {
  const auto file = parse_case("a.yaml", text);
  return file ? "" : file.error().detail;
}

TEST(ParseCase, ReadsEverything) {
  const CaseFile file = read(R"(about: x
config: {a: [1]}
route: ns/r
cluster: outbound|80||s.n.svc.cluster.local
needs: [tls]
upstream: {status: 201, headers: {a: b, c: [d, e]}, body: {base64: aGk=}}
requests:
- {method: POST, path: /p, headers: {host: h, n: 1}, body: {repeat: ab, count: 2},
   expect: {status: 403, headers: {x: y}, absent: [z], body: t, upstream: none}}
- {chunks: [a, b], expect: {upstream: {headers: {q: r}, body: {k: v}}}}
)");
  EXPECT_EQ(file.upstream.body, "hi");
  EXPECT_EQ(file.upstream.headers, (HeaderPairs{{"a", "b"}, {"c", "d"}, {"c", "e"}}));
  ASSERT_EQ(file.requests.size(), 2U);
  EXPECT_EQ(file.requests[0].host, "h");
  EXPECT_EQ(file.requests[0].headers, (HeaderPairs{{"n", "1"}}));
  EXPECT_EQ(file.requests[0].body, "abab");
  EXPECT_EQ(file.requests[0].expect.reached, Expectation::Upstream::Nothing);
  EXPECT_EQ(file.requests[1].chunks, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(file.requests[1].expect.upstream.body["k"], "v");
}

TEST(ParseCase, SaysWhereItIsWrong) {
  EXPECT_EQ(problem("requests: [{expect: {statsu: 200}}]"),
            "a.yaml: requests[0].expect.statsu: unknown key");
  EXPECT_EQ(problem("requests: [{expect: {status: ok}}]"),
            "a.yaml: requests[0].expect.status: expected a status from 100 to 999");
  EXPECT_EQ(problem("requests: [{body: a, chunks: [b]}]"),
            "a.yaml: requests[0]: has both body and chunks");
  EXPECT_EQ(problem("about: x"), "a.yaml: requests: expected a list with at least one request");
  EXPECT_EQ(problem("a: ["), "a.yaml:2:1: flow sequence without a closing bracket");
  EXPECT_NE(problem("requests: [{body: {repeat: ab, count: 1000000000}}]"), "");
}

TEST(Differences, IsEmptyWhenAllIsAsExpected) {
  const CaseFile file = read(R"(requests:
- expect: {status: 200, headers: {A: "1,2"}, absent: [b], body: t, upstream: {headers: {":path": /x}, body: {k: 1, l: 2}}})");
  const SeenMessage response{200, {{"a", "1"}, {"a", "2"}}, "t"};
  EXPECT_TRUE(
      differences(file.requests[0].expect, response, {{0, {{":path", "/x"}}, R"({"l":2,"k":1})"}})
          .empty());
}

TEST(Differences, TellsEachOne) {
  const CaseFile file = read(
      R"(requests: [{expect: {status: 200, headers: {a: x, m: y}, absent: [b], body: t, upstream: none}}])");
  const SeenMessage response{500, {{"a", "1"}, {"b", "2"}}, "u"};
  EXPECT_EQ(
      differences(file.requests[0].expect, response, {{}}),
      (std::vector<std::string>{
          "status: expected 200, got 500", R"(response header a: expected "x", got "1")",
          R"(response header m: expected "y", got none)",
          R"(response header b: expected none, got "2")", R"(response body: expected "t", got "u")",
          "upstream: expected 0 requests, got 1"}));
}

TEST(Differences, ComparesUpstreamsRequest) {
  const CaseFile file = read("requests: [{expect: {upstream: {absent: [k], body: [1]}}}]");
  EXPECT_EQ(differences(file.requests[0].expect, {}, {}),
            (std::vector<std::string>{"upstream: expected 1 requests, got 0"}));
  EXPECT_EQ(differences(file.requests[0].expect, {}, {{0, {{"k", "v"}}, "[2]"}}),
            (std::vector<std::string>{R"(upstream header k: expected none, got "v")",
                                      R"(upstream body: expected the JSON "[1]", got "[2]")"}));
}

}  // namespace
}  // namespace wasmgate::author
