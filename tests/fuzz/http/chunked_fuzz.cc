#include <algorithm>

#include "fuzz_target.h"
#include "http/http1/body_reader.h"

namespace wasmgate::http::fuzz {
namespace {

/// Writes `content` as chunks whose sizes, extensions and spelling come from `choices`.
std::string chunked(std::string_view content, std::string_view choices) {
  constexpr const char* kExtensions[] = {"", ";a", ";a=b", ";a=\"b c\\\"\"", "; a = b ;c"};
  constexpr const char* kFormats[] = {"%zx", "%zX", "0%zx", "%08zx"};
  std::string out;
  size_t turn = 0;
  while (!content.empty()) {
    const auto choice =
        static_cast<unsigned char>(choices.empty() ? 0 : choices[turn++ % choices.size()]);
    const size_t size = std::min<size_t>(content.size(), 1 + choice % 64);
    char digits[32];
    std::snprintf(digits, sizeof digits, kFormats[choice % 4], size);
    out.append(digits).append(turn < 200 ? kExtensions[choice % 5] : "").append("\r\n");
    out.append(content.substr(0, size)).append("\r\n");
    content.remove_prefix(size);
  }
  return out + (choices.size() % 2 == 0 ? "0\r\n\r\n" : "000;z\r\nX-Sum: 1\r\n\r\n");
}

}  // namespace

std::vector<std::string> starting_inputs() {
  std::vector<std::string> inputs;
  for (size_t size = 0; size < 300; ++size) {
    std::string input(1, static_cast<char>(size));
    for (size_t i = 0; i < size * 3; ++i) {
      input.push_back(static_cast<char>(i * 37 + size));
    }
    inputs.push_back(input);
  }
  return inputs;
}

}  // namespace wasmgate::http::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace wasmgate::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view content = input.substr(std::min<size_t>(size, 1 + size / 4));
  const std::string wire = fuzz::chunked(content, input.substr(0, 1 + size / 4));
  const MessageLimits limits;
  for (const size_t piece : {size_t{1}, size_t{7}, wire.size()}) {
    BodyReader reader(limits);
    reader.begin(BodyKind::Chunked);
    std::string out;
    size_t at = 0;
    while (at < wire.size() && !reader.done()) {
      const BodyStep step = reader.step(std::string_view(wire).substr(at, piece));
      out.append(step.data);
      at += step.used;
      if (reader.refusal() || step.used == 0) {
        fuzz::fail("good chunks are refused: " + std::string(reader.refusal().reason));
      }
    }
    if (out != content || !reader.done() || at != wire.size()) {
      fuzz::fail("chunks come out otherwise than they went in");
    }
  }
  return 0;
}
