#pragma once
// What came of tests, and the reports made of it.

#include <string>
#include <vector>

namespace wasmgate::author {

enum class Verdict : uint8_t { Passed, Failed, Skipped };
/// "passed", "failed", "skipped".
std::string_view to_string(Verdict verdict);

struct TestResult {
  std::string suite;  // "native", "wasm"
  std::string name;
  Verdict verdict = Verdict::Passed;
  std::vector<std::string> messages;  // why it failed or was skipped
  double seconds = 0;
};

struct TestCounts {
  size_t passed = 0;
  size_t failed = 0;
  size_t skipped = 0;
};
TestCounts count(const std::vector<TestResult>& results);

/// JUnit's XML: one testsuite per suite, with times in seconds. `name`: of the whole.
std::string junit_xml(const std::string& name, const std::vector<TestResult>& results);

/// {"plugin","passed","failed","skipped","tests":[{"suite","name","verdict","messages","seconds"}]}
std::string test_json(const std::string& name, const std::vector<TestResult>& results);

}  // namespace wasmgate::author
