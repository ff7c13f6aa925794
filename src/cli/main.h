#pragma once
// The whole command line tool as one function: words in, exit code out.

#include <string>
#include <vector>

#include "cli/console.h"

namespace wasmgate::cli {

/// `words`: the arguments without the program's name. `terminal`: whether standard output is one.
int main(const std::vector<std::string>& words, Console console, bool terminal);

}  // namespace wasmgate::cli
