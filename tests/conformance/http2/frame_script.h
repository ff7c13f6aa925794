#pragma once
// Reads the case files of this folder and turns their frames into bytes; README.md has the format.
// Its writer of frames and header blocks shares nothing with the library under test.

#include <cstdint>
#include <string>
#include <vector>

#include "http/codec/limits.h"
#include "http/http2/http2_limits.h"

namespace wasmgate::http::conformance {

enum class Answer : uint8_t { AtEnd, AtHead, None };

/// Bytes from the peer, then time that passes.
struct Step {
  std::string bytes;
  uint64_t wait_ms = 0;
};

struct FrameCase {
  std::string file;
  std::string name;
  std::string client_method;  // empty: a server's case
  MessageLimits limits;
  Http2Limits http2_limits;
  Answer answer = Answer::AtEnd;
  size_t body_bytes = 0;
  bool pause = false;
  std::vector<Step> steps{1};
  bool eof = false;
  std::string expected;
};

/// Reads every *.case file of `folder`, sorted by name. Ends the program with file and line on a
/// format error.
std::vector<FrameCase> read_frame_cases(const std::string& folder);

/// One frame: header of nine bytes and payload.
std::string frame(unsigned type, unsigned flags, uint32_t stream, const std::string& payload);

/// One field as an HPACK literal without indexing.
std::string literal(const std::string& name, const std::string& value);

}  // namespace wasmgate::http::conformance
