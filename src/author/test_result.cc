#include "author/test_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wasmgate::author {
namespace {

// For attribute values and text. Characters that XML 1.0 cannot hold become U+FFFD.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\n') {
      out += "&#10;";
    } else if (byte < 0x20 && c != '\t') {
      out += "\xEF\xBF\xBD";
    } else {
      out += c;
    }
  }
  return out;
}

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    out += (out.empty() ? "" : "\n") + line;
  }
  return out;
}

std::string junit_case(const TestResult& result) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                escaped(result.suite), escaped(result.name), result.seconds);
  if (result.verdict == Verdict::Passed) {
    return out + "/>\n";
  }
  const char* element = result.verdict == Verdict::Failed ? "failure" : "skipped";
  return out + fmt::format(">\n      <{0} message=\"{1}\"/>\n    </testcase>\n", element,
                           escaped(joined_lines(result.messages)));
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return verdict == Verdict::Passed ? "passed" : verdict == Verdict::Failed ? "failed" : "skipped";
}

TestCounts count(const std::vector<TestResult>& results) {
  TestCounts out;
  for (const TestResult& result : results) {
    size_t& slot = result.verdict == Verdict::Passed   ? out.passed
                   : result.verdict == Verdict::Failed ? out.failed
                                                       : out.skipped;
    ++slot;
  }
  return out;
}

std::string junit_xml(const std::string& name, const std::vector<TestResult>& results) {
  std::vector<std::string> suites;
  for (const TestResult& result : results) {
    if (std::find(suites.begin(), suites.end(), result.suite) == suites.end()) {
      suites.push_back(result.suite);
    }
  }
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"" + escaped(name) + "\">\n";
  for (const std::string& suite : suites) {
    std::vector<TestResult> own;
    double seconds = 0;
    std::string cases;
    for (const TestResult& result : results) {
      if (result.suite == suite) {
        own.push_back(result);
        seconds += result.seconds;
        cases += junit_case(result);
      }
    }
    const TestCounts counts = count(own);
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n",
        escaped(suite), own.size(), counts.failed, counts.skipped, seconds);
    out += cases + "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

std::string test_json(const std::string& name, const std::vector<TestResult>& results) {
  const TestCounts counts = count(results);
  nlohmann::ordered_json json = {{"plugin", name},
                                 {"passed", counts.passed},
                                 {"failed", counts.failed},
                                 {"skipped", counts.skipped},
                                 {"tests", nlohmann::ordered_json::array()}};
  for (const TestResult& result : results) {
    json["tests"].push_back({{"suite", result.suite},
                             {"name", result.name},
                             {"verdict", to_string(result.verdict)},
                             {"messages", result.messages},
                             {"seconds", result.seconds}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace wasmgate::author
