#pragma once
// What llhttp, a parser that shares nothing with ours, finds in a client's bytes.

#include <cstddef>
#include <string>
#include <string_view>

namespace wasmgate::http::fuzz {

struct LlhttpView {
  bool failed = false;
  std::string error;  // llhttp's name of it
  size_t heads = 0;
  size_t messages = 0;  // complete ones
  std::string bodies;   // of all messages, joined
};

LlhttpView parse_with_llhttp(std::string_view bytes);

}  // namespace wasmgate::http::fuzz
