#include "case_file.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace wasmgate::http::conformance {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void die(const std::string& file, size_t line, const std::string& what) {
  std::fprintf(stderr, "%s:%zu: %s\n", file.c_str(), line, what.c_str());
  std::exit(2);
}

int hex(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return (c | 0x20) - 'a' + 10;
}

/// Cuts the first word off `text`.
std::string take_word(std::string& text) {
  const size_t space = text.find(' ');
  std::string word = text.substr(0, space);
  text = space == std::string::npos ? "" : text.substr(space + 1);
  return word;
}

bool set_limit(MessageLimits& limits, const std::string& name, size_t value) {
  if (name == "header_bytes") {
    limits.header_bytes = value;
  } else if (name == "header_count") {
    limits.header_count = value;
  } else if (name == "chunk_extension_bytes") {
    limits.chunk_extension_bytes = value;
  } else if (name == "chunk_extension_total_bytes") {
    limits.chunk_extension_total_bytes = value;
  } else if (name == "interim_responses") {
    limits.interim_responses = value;
  } else if (name == "requests_per_connection") {
    limits.requests_per_connection = value;
  } else if (name == "underscore_fold_drop") {
    limits.underscore_fold_drop = value != 0;
  } else {
    return false;
  }
  return true;
}

/// Reads one line of a case that is not an expected event. Returns false for an unknown word.
bool read_line(std::string line, Case& current) {
  const std::string word = take_word(line);
  if (word == "origin") {
    return !line.empty();
  }
  if (word == "response") {
    current.is_response = true;
    current.method = line;
  } else if (word == "limit") {
    const std::string name = take_word(line);
    return set_limit(current.limits, name, std::stoul(line));
  } else if (word == "answer") {
    take_word(line);
    current.answer_at_head = std::stoi(line);
  } else if (word == "in") {
    current.input += unescape(line);
  } else if (word == "repeat") {
    const size_t times = std::stoul(take_word(line));
    const std::string bytes = unescape(line);
    for (size_t i = 0; i < times; ++i) {
      current.input += bytes;
    }
  } else if (word == "eof") {
    current.eof = true;
  } else {
    return false;
  }
  return true;
}

void read_file(const fs::path& path, std::vector<Case>& out) {
  std::ifstream stream(path);
  const std::string stem = path.stem().string();
  std::string line;
  bool expecting = false;
  const size_t first = out.size();
  for (size_t number = 1; std::getline(stream, line); ++number) {
    if (line.empty() || line.front() == '#') {
      continue;
    }
    if (line.starts_with("case ")) {
      out.push_back({.file = stem, .name = line.substr(5), .rule = std::atoi(stem.c_str())});
      expecting = false;
    } else if (out.size() == first) {
      die(path.string(), number, "a line before the first case");
    } else if (line == "expect") {
      expecting = true;
    } else if (expecting && line.starts_with("  ")) {
      out.back().expected += line.substr(2) + "\n";
    } else if (expecting || !read_line(line, out.back())) {
      die(path.string(), number, "not understood: " + line);
    }
  }
}

}  // namespace

std::vector<Case> read_cases(const std::string& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Case> cases;
  for (const fs::path& path : paths) {
    read_file(path, cases);
  }
  return cases;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out.push_back(text[i]);
      continue;
    }
    const char c = text[++i];
    if (c == 'x' && i + 2 < text.size()) {
      out.push_back(static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])));
      i += 2;
    } else {
      const size_t found = std::string_view("rnt0\\").find(c);
      out.push_back(found == std::string_view::npos ? c : std::string_view("\r\n\t\0\\", 5)[found]);
    }
  }
  return out;
}

std::string escape(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (byte >= 0x20 && byte < 0x7F) {
      out.push_back(c);
    } else if (c == '\r' || c == '\n' || c == '\t') {
      out += c == '\r' ? "\\r" : (c == '\n' ? "\\n" : "\\t");
    } else {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

}  // namespace wasmgate::http::conformance
