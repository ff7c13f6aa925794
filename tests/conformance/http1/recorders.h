#pragma once
// Runs the input of a case through a codec, cut in a given way, and writes the events as text.
// Shared with the fuzz targets.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "case_file.h"

namespace wasmgate::http::conformance {

/// Gives the size of the next piece, at least 1; `left` bytes remain.
using Cutter = std::function<size_t(size_t left)>;

/// What a run showed.
struct Outcome {
  std::string events;
  std::vector<std::string> faults;         // what the runner's own checks found
  std::vector<std::string> request_heads;  // accepted request heads, written for an upstream
};

/// Runs a request case: a client's bytes through a server codec that is answered as the case says.
Outcome run_requests(const Case& test, const Cutter& cutter);

/// Runs a response case: an upstream's bytes through a client codec that has sent one request.
Outcome run_response(const Case& test, const Cutter& cutter);

/// Reads heads that the gateway has written with the server codec again; gives their events.
std::string read_again(const std::string& request_head);

}  // namespace wasmgate::http::conformance
