#pragma once
// Compares what happened to a case's request with what must happen. Pure.

#include <string>
#include <vector>

#include "author/case_file.h"

namespace wasmgate::author {

struct SeenMessage {
  int status = 0;  // of a response
  HeaderPairs headers;
  std::string body;
};

/// Every difference as one line: "status: expected 403, got 200". `upstream`: the requests that
/// reached it, pseudo-headers included. Empty when all is as expected.
std::vector<std::string> differences(const Expectation& expect, const SeenMessage& response,
                                     const std::vector<SeenMessage>& upstream);

}  // namespace wasmgate::author
