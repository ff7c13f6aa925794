#include <random>

#include "case_file.h"
#include "fuzz_target.h"
#include "llhttp_oracle.h"
#include "recorders.h"

namespace wasmgate::http::fuzz {
namespace {

using conformance::Case;
using conformance::Outcome;

size_t count(const std::string& text, const std::string& word) {
  size_t found = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    ++found;
  }
  return found;
}

/// The bodies in the events, joined.
std::string bodies(const std::string& events) {
  std::string out;
  size_t at = 0;
  while (at < events.size()) {
    const size_t end = events.find('\n', at);
    const std::string line = events.substr(at, end - at);
    if (line.starts_with("data ")) {
      out += conformance::unescape(line.substr(5));
    }
    at = end + 1;
  }
  return out;
}

/// What llhttp refuses although it is good: methods that it does not know, things around tunnels, a
/// tab after a length, and white space and quotes in chunk extensions.
bool may_fail(const std::string& error, const std::string& input) {
  if (error == "HPE_INVALID_CONTENT_LENGTH") {
    return input.find('\t') != std::string::npos;
  }
  if (error == "HPE_STRICT" || error == "HPE_INVALID_CHUNK_SIZE") {
    return input.find(';') != std::string::npos;
  }
  return error == "HPE_INVALID_METHOD" || error == "HPE_PAUSED_UPGRADE" ||
         error == "HPE_CLOSED_CONNECTION" || error == "HPE_PAUSED_H2_UPGRADE" ||
         error == "HPE_INVALID_CONSTANT";
}

void compare_with_llhttp(const std::string& input, const std::string& events) {
  if (events.find("refusal") != std::string::npos || events.find("close") != std::string::npos) {
    return;  // ours stops where llhttp goes on
  }
  const LlhttpView other = parse_with_llhttp(input);
  const size_t ends =
      events.starts_with("end\n") ? 1 + count(events, "\nend\n") : count(events, "\nend\n");
  if (other.failed) {
    // It may fail early in what is not complete, but not in what we took.
    if (other.messages < ends && !may_fail(other.error, input)) {
      fail("llhttp refuses with " + other.error + ": " + conformance::escape(input) + "\n" +
           events);
    }
    return;
  }
  // Of what is not complete yet it may have seen more: ours judges whole lines.
  if (other.messages < ends || !other.bodies.starts_with(bodies(events))) {
    fail("llhttp sees other messages: " + conformance::escape(input) + "\n" + events);
  }
}

}  // namespace

std::vector<std::string> starting_inputs() {
  std::vector<std::string> inputs;
  for (const Case& test : conformance::read_cases(HTTP1_CASES)) {
    if (!test.is_response && test.input.size() < 4096) {
      inputs.push_back("\x07" + test.input);
    }
  }
  return inputs;
}

}  // namespace wasmgate::http::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace wasmgate::http;
  if (size < 1) {
    return 0;
  }
  conformance::Case test;
  test.input.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto whole = run_requests(test, [](size_t left) { return left; });
  const auto bytes = run_requests(test, [](size_t) { return size_t{1}; });
  std::minstd_rand random(data[0] + 1U);
  const auto cut =
      run_requests(test, [&](size_t left) { return 1 + random() % std::min<size_t>(left, 32); });
  if (whole.events != bytes.events || whole.events != cut.events) {
    fuzz::fail("cuts change the events: " + conformance::escape(test.input) + "\n" + whole.events +
               "--\n" + bytes.events + "--\n" + cut.events);
  }
  if (!whole.faults.empty()) {
    fuzz::fail(whole.faults.front());
  }
  fuzz::compare_with_llhttp(test.input, whole.events);
  return 0;
}
