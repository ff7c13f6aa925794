#pragma once
// What every target of this folder has: the entry that libFuzzer calls, and the starting inputs for
// replaying.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace wasmgate::http::fuzz {

/// The target's starting inputs, made from the conformance cases.
std::vector<std::string> starting_inputs();

/// Ends the program: a property does not hold.
[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

}  // namespace wasmgate::http::fuzz
