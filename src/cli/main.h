#pragma once
// The whole command line tool as one function: words in, exit code out.

#include <string>
#include <vector>

#include "cli/console.h"

namespace wasmgate::cli {

/// Which of the process's outputs are terminals.
struct Terminals {
  bool out = false;
  bool err = false;
};

/// `words`: the arguments without the program's name.
int main(const std::vector<std::string>& words, Console console, const Terminals& terminals);

}  // namespace wasmgate::cli
