// Runs every case of cases/ whole, byte by byte and at random cuts, and checks that every rule of
// HTTP/2 has its case.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "frame_run.h"
#include "frame_script.h"

namespace wasmgate::http::conformance {
namespace {

constexpr unsigned kRandomRuns = 10;
constexpr int kLastRule = 12;

class FrameCaseTest : public testing::Test {
 public:
  explicit FrameCaseTest(const FrameCase& test) : test_(test) {}

  void TestBody() override {
    check("whole", [](size_t left) { return left; });
    check("byte by byte", [](size_t) { return size_t{1}; });
    for (unsigned seed = 0; seed < kRandomRuns && !HasFailure(); ++seed) {
      std::minstd_rand random(seed + 1);
      check("cuts of seed " + std::to_string(seed),
            [&](size_t left) { return 1 + random() % std::min<size_t>(left, 60); });
    }
  }

 private:
  void check(const std::string& how, const Cutter& cutter) {
    const FrameOutcome outcome = run_frames(test_, cutter);
    EXPECT_EQ(outcome.events, test_.expected) << how;
    for (const std::string& fault : outcome.faults) {
      ADD_FAILURE() << how << ": " << fault;
    }
  }

  const FrameCase& test_;
};

/// Files that begin with "rule-NN-" are the cases of docs/http-rules.md's HTTP/2 part.
class FrameCoverageTest : public testing::Test {
 public:
  explicit FrameCoverageTest(const std::vector<FrameCase>& cases) : cases_(cases) {}

  void TestBody() override {
    for (int rule = 1; rule <= kLastRule; ++rule) {
      const std::string prefix =
          "rule-" + std::string(rule < 10 ? "0" : "") + std::to_string(rule) + "-";
      EXPECT_TRUE(std::any_of(cases_.begin(), cases_.end(),
                              [&](const FrameCase& c) { return c.file.starts_with(prefix); }))
          << "rule " << rule << " has no case";
    }
  }

 private:
  const std::vector<FrameCase>& cases_;
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
  const std::vector<FrameCase> cases = read_frame_cases(HTTP2_CASES);
  for (const FrameCase& test : cases) {
    testing::RegisterTest(suite_name(test.file).c_str(), test.name.c_str(), nullptr, nullptr,
                          __FILE__, __LINE__,
                          [&test]() -> testing::Test* { return new FrameCaseTest(test); });
  }
  testing::RegisterTest("coverage", "EveryRuleHasItsCase", nullptr, nullptr, __FILE__, __LINE__,
                        [&cases]() -> testing::Test* { return new FrameCoverageTest(cases); });
  return RUN_ALL_TESTS();
}
