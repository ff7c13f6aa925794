#pragma once
// Status codes and their reason phrases (RFC 9110 §15).

#include <string_view>

namespace wasmgate::http {

/// The standard phrase for a status, for example "Not Found"; "Unknown" for codes without one.
std::string_view reason_phrase(int status);

/// True when a response of that status never has a body: 1xx, 204, 304.
constexpr bool never_has_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace wasmgate::http
