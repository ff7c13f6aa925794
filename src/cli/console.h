#pragma once
// Where a command writes: results to `out`, messages and progress to `err`. Tests give strings.

#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace wasmgate::cli {

struct Console {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  bool color = false;    // of `out`
  bool animate = false;  // `err` is a terminal that can move its cursor
};

/// Whether to colour: `when` is "always", "never" or "auto" (a terminal, no NO_COLOR, TERM other
/// than "dumb"). `environment`: the value of a variable, or null.
bool use_color(std::string_view when, bool terminal,
               const std::function<const char*(const char*)>& environment);

}  // namespace wasmgate::cli
