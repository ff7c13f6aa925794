// The program: hands its arguments to the command line tool. `wasmgate run` is the daemon.

#include "cli/main.h"

#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return wasmgate::cli::main(words, {std::cout, std::cerr, std::cin},
                             {::isatty(STDOUT_FILENO) != 0, ::isatty(STDERR_FILENO) != 0});
}
