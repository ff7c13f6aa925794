// Runs a fuzz target without a fuzzer: its starting inputs, every one of them with small edits of
// fixed seeds, and files that are named on the command line.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz_target.h"

namespace {

constexpr unsigned kEditsPerInput = 100;

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

/// One to three random edits: a byte changed, removed, doubled, or a piece cut out.
std::string edited(std::string input, std::minstd_rand& random) {
  for (unsigned n = 1 + random() % 3; n > 0 && !input.empty(); --n) {
    const size_t at = random() % input.size();
    switch (random() % 5) {
      case 0:
        input[at] = static_cast<char>(random());
        break;
      case 1:
        input.erase(at, 1);
        break;
      case 2:
        input.insert(at, 1, input[at]);
        break;
      case 3:
        input.insert(at, 1, "\r\n \t\0:;,0"[random() % 9]);
        break;
      default:
        input.erase(at, random() % 16);
        break;
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    run({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  }
  size_t count = 0;
  if (argc == 1) {
    std::minstd_rand random(1);
    for (const std::string& input : wasmgate::http::fuzz::starting_inputs()) {
      run(input);
      for (unsigned i = 0; i < kEditsPerInput; ++i) {
        run(edited(input, random));
        ++count;
      }
    }
  }
  std::printf("%zu edited inputs\n", count);
  return argc == 1 && count == 0 ? 1 : 0;
}
