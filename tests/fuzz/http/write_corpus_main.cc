// Writes the starting inputs of a target as files, for libFuzzer: <target>_corpus FOLDER

#include <filesystem>
#include <fstream>

#include "fuzz_target.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  size_t number = 0;
  for (const std::string& input : wasmgate::http::fuzz::starting_inputs()) {
    std::ofstream(folder / std::to_string(number++), std::ios::binary) << input;
  }
  std::printf("%zu inputs\n", number);
  return 0;
}
