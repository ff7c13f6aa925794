// The password hash forms of htpasswd files that libc's crypt does not know.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wasmgate::sdk {

/// "$apr1$salt$hash": 1000 rounds of MD5. `expected` gives the salt (at most 8 characters).
/// Nothing when `expected` is not of that form.
std::optional<std::string> apr1_hash(std::string_view password, std::string_view expected);

/// "{SSHA}" and base64(SHA-1(password salt) salt). Nothing when `expected` is not of that form.
std::optional<std::string> salted_sha1_hash(std::string_view password, std::string_view expected);

}  // namespace wasmgate::sdk
