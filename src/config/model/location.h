#pragma once
// Where a configured thing stands in its file, kept beside every value that a later check may
// complain about.

#include <cstdint>
#include <string>

namespace wasmgate::config {

struct Location {
  std::string file;     // as given on the command line
  uint32_t line = 0;    // from 1; 0: unknown
  uint32_t column = 0;  // from 1
};

}  // namespace wasmgate::config
