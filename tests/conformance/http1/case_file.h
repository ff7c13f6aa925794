#pragma once
// Reads the case files of this folder; README.md has the format.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/codec/limits.h"

namespace wasmgate::http::conformance {

struct Case {
  std::string file;  // "01-bare-lf"
  std::string name;
  int rule = 0;  // the number that the file's name begins with
  bool is_response = false;
  std::string method = "GET";  // of the request that a response answers
  MessageLimits limits;
  int answer_at_head = 0;  // a status, or 0
  std::string input;
  bool eof = false;
  std::string expected;  // event lines, each with a line end
};

/// Reads every *.case file of `folder`, sorted by name. Aborts the program with file and line on a
/// format error.
std::vector<Case> read_cases(const std::string& folder);

/// Turns \r \n \t \0 \\ \xNN into bytes.
std::string unescape(std::string_view text);
/// The reverse, for bytes that are not printable ASCII, and "\".
std::string escape(std::string_view bytes);

}  // namespace wasmgate::http::conformance
