#include <random>

#include "case_file.h"
#include "fuzz_target.h"
#include "recorders.h"

namespace wasmgate::http::fuzz {

std::vector<std::string> starting_inputs() {
  std::vector<std::string> inputs;
  for (const conformance::Case& test : conformance::read_cases(HTTP1_CASES)) {
    if (test.is_response && test.input.size() < 4096) {
      inputs.push_back((test.method == "HEAD" ? "\x01" : "\x04") + test.input);
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
  test.method = (data[0] & 1U) != 0 ? "HEAD" : "GET";
  test.eof = (data[0] & 2U) == 0;
  test.input.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto whole = run_response(test, [](size_t left) { return left; });
  const auto bytes = run_response(test, [](size_t) { return size_t{1}; });
  std::minstd_rand random(data[0] + 1U);
  const auto cut =
      run_response(test, [&](size_t left) { return 1 + random() % std::min<size_t>(left, 32); });
  if (whole.events != bytes.events || whole.events != cut.events) {
    fuzz::fail("cuts change the events: " + conformance::escape(test.input) + "\n" + whole.events +
               "--\n" + bytes.events + "--\n" + cut.events);
  }
  if (!whole.faults.empty()) {
    fuzz::fail(whole.faults.front());
  }
  return 0;
}
