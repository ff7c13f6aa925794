// Runs every case of cases/ whole, byte by byte and at random cuts, and checks that every rule has
// its case.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "case_file.h"
#include "recorders.h"

namespace wasmgate::http::conformance {
namespace {

constexpr unsigned kRandomRuns = 20;

/// The rules of docs/http-rules.md that the codecs keep; true: they refuse, and a case must show
/// it.
const std::map<int, bool> kRules = {
    {1, true},   {2, true},   {3, true},   {4, true},  {5, true},   {6, true},   {7, true},
    {8, true},   {9, true},   {10, true},  {11, true}, {12, true},  {13, false}, {14, true},
    {15, true},  {16, true},  {17, true},  {18, true}, {19, true},  {20, true},  {21, true},
    {22, true},  {23, true},  {24, true},  {25, true}, {26, false}, {27, true},  {28, true},
    {29, true},  {30, true},  {31, true},  {32, true}, {33, true},  {34, true},  {35, false},
    {36, true},  {37, false}, {38, false}, {39, true}, {40, true},  {41, true},  {42, true},
    {43, false}, {44, false}, {45, true}};

Outcome run(const Case& test, const Cutter& cutter) {
  return test.is_response ? run_response(test, cutter) : run_requests(test, cutter);
}

class CaseTest : public testing::Test {
 public:
  explicit CaseTest(const Case& test) : test_(test) {}

  void TestBody() override {
    check("whole", [](size_t left) { return left; });
    check("byte by byte", [](size_t) { return size_t{1}; });
    for (unsigned seed = 0; seed < kRandomRuns && !HasFailure(); ++seed) {
      std::minstd_rand random(seed + 1);
      check("cuts of seed " + std::to_string(seed),
            [&](size_t left) { return 1 + random() % std::min<size_t>(left, 40); });
    }
  }

 private:
  void check(const std::string& how, const Cutter& cutter) {
    const Outcome outcome = run(test_, cutter);
    EXPECT_EQ(outcome.events, test_.expected) << how;
    for (const std::string& fault : outcome.faults) {
      ADD_FAILURE() << how << ": " << fault;
    }
  }

  const Case& test_;
};

class CoverageTest : public testing::Test {
 public:
  explicit CoverageTest(const std::vector<Case>& cases) : cases_(cases) {}

  void TestBody() override {
    std::set<int> covered;
    std::set<int> refused;
    for (const Case& test : cases_) {
      covered.insert(test.rule);
      const std::string word = "refusal ";
      if (const size_t at = test.expected.find(word); at != std::string::npos) {
        refused.insert(std::stoi(test.expected.substr(at + word.size() + 4)));
      }
    }
    for (const auto& [rule, refuses] : kRules) {
      EXPECT_TRUE(covered.contains(rule)) << "rule " << rule << " has no case";
      EXPECT_TRUE(!refuses || refused.contains(rule))
          << "no case shows that rule " << rule << " refuses";
    }
  }

 private:
  const std::vector<Case>& cases_;
};

/// The file's name as a test suite's: a "-" would mean something in filters.
std::string suite_name(std::string file) {
  std::replace(file.begin(), file.end(), '-', '_');
  return file;
}

}  // namespace
}  // namespace wasmgate::http::conformance

int main(int argc, char** argv) {
  using namespace wasmgate::http::conformance;
  testing::InitGoogleTest(&argc, argv);
  const std::vector<Case> cases = read_cases(HTTP1_CASES);
  for (const Case& test : cases) {
    testing::RegisterTest(suite_name(test.file).c_str(), test.name.c_str(), nullptr, nullptr,
                          __FILE__, __LINE__,
                          [&test]() -> testing::Test* { return new CaseTest(test); });
  }
  testing::RegisterTest("coverage", "EveryRuleHasItsCase", nullptr, nullptr, __FILE__, __LINE__,
                        [&cases]() -> testing::Test* { return new CoverageTest(cases); });
  return RUN_ALL_TESTS();
}
