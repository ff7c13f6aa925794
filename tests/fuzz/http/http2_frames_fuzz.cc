#include <random>

#include "frame_run.h"
#include "frame_script.h"
#include "fuzz_target.h"

namespace wasmgate::http::fuzz {

std::vector<std::string> starting_inputs() {
  std::vector<std::string> inputs;
  for (const conformance::FrameCase& test : conformance::read_frame_cases(HTTP2_CASES)) {
    std::string input(1, test.client_method.empty() ? '\x04' : '\x05');
    for (const conformance::Step& step : test.steps) {
      input += step.bytes;
    }
    if (input.size() < 4096) {
      inputs.push_back(input);
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
  conformance::FrameCase test;
  test.client_method = (data[0] & 1U) != 0 ? "GET" : "";
  test.eof = (data[0] & 2U) != 0;
  test.pause = (data[0] & 8U) != 0;
  test.body_bytes = (data[0] & 16U) != 0 ? 100'000 : 0;
  test.steps.front().bytes.assign(reinterpret_cast<const char*>(data + 1), size - 1);
  std::minstd_rand random(data[0] + 1U);
  for (const auto& outcome :
       {run_frames(test, [](size_t left) { return left; }),
        run_frames(test, [](size_t) { return size_t{1}; }),
        run_frames(test, [&](size_t left) { return 1 + random() % std::min<size_t>(left, 40); })}) {
    if (!outcome.faults.empty()) {
      fuzz::fail(outcome.faults.front() + "\n" + outcome.events);
    }
  }
  return 0;
}
