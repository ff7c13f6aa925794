// Runs every case folder: reads its *.yaml and *.json in order of name, loads them as one
// configuration, and compares the text of the diagnostics and the dumped model with the folder's
// expected.txt.
//   golden_config CASES_FOLDER [--update]

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "config/diagnostics/render.h"
#include "config/dump_model.h"
#include "config/load.h"

namespace {

namespace fs = std::filesystem;
using namespace wasmgate::config;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> sorted(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<SourceText> sources(const fs::path& folder) {
  std::vector<SourceText> out;
  for (const fs::path& path : sorted(folder)) {
    if (path.extension() == ".yaml" || path.extension() == ".json") {
      out.push_back({path.filename().string(), read_file(path)});
    }
  }
  return out;
}

std::string run(const fs::path& folder) {
  const auto files = sources(folder);
  LoadResult result = load(files);
  if (result.model) {
    add_dead_rules(*result.model, result.diagnostics);
  }
  std::string out = render_text(result.diagnostics, files);
  out += render_summary(result.diagnostics, files.size());
  if (result.model) {
    // Cases that are not about the settings leave them out, so that a new default changes one case
    // only.
    std::string model = dump_model(*result.model);
    if (!fs::exists(folder / "with-settings")) {
      model.erase(0, model.find("\n  \"routes\""));
      for (size_t at = 0; (at = model.find("      \"limits\": {", at)) != std::string::npos;) {
        model.erase(at, model.find("},\n", at) + 3 - at);
      }
    }
    out += model;
  }
  return out;
}

// The first line in which the two texts differ.
void explain(const std::string& expected, const std::string& got) {
  size_t line = 1;
  size_t start = 0;
  for (size_t i = 0; i < std::min(expected.size(), got.size()) && expected[i] == got[i]; ++i) {
    if (got[i] == '\n') {
      ++line;
      start = i + 1;
    }
  }
  const auto at = [&](const std::string& text) {
    return text.substr(std::min(start, text.size()), text.find('\n', start) - start);
  };
  std::cout << "  line " << line << "\n  expected: " << at(expected) << "\n  got:      " << at(got)
            << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: golden_config CASES_FOLDER [--update]\n";
    return 2;
  }
  const bool update = argc > 2 && std::string(argv[2]) == "--update";
  size_t failed = 0;
  size_t count = 0;
  for (const fs::path& folder : sorted(argv[1])) {
    ++count;
    const std::string got = run(folder);
    const std::string expected = read_file(folder / "expected.txt");
    if (got == expected) {
      continue;
    }
    if (update) {
      std::ofstream(folder / "expected.txt", std::ios::binary) << got;
      std::cout << "updated " << folder.filename().string() << "\n";
      continue;
    }
    ++failed;
    std::cout << "FAILED " << folder.filename().string() << "\n";
    explain(expected, got);
  }
  std::cout << count - failed << " of " << count << " cases passed\n";
  return failed == 0 && count != 0 ? 0 : 1;
}
