#pragma once
// Why a codec refused bytes: an enum value, no allocation. The rule numbers are those of
// docs/http-rules.md; refusals, logs and case files carry them.

#include <cstdint>
#include <string_view>

namespace wasmgate::http {

struct Refusal {
  uint16_t status =
      0;             // what to answer: 400, 405, 413, 417, 431, 501, 505; 502 on the response side
  uint8_t rule = 0;  // number of the rule; 0: a limit or plain syntax error
  std::string_view
      reason{};  // a literal for logs and response details, for example "http1.bare_lf"

  explicit operator bool() const { return status != 0; }
};

}  // namespace wasmgate::http
