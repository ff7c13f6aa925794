// Hashes, HMAC and password hashes, on Mbed TLS.
//
// A plug-in that includes this header names `mbedtls` in LIBRARIES of its plugin.mk. Signatures of
// tokens are in jwt.h.
#pragma once

#include <string>
#include <string_view>

namespace Wasm::Common::Crypto {

/// Hash of `data`. `hash_type`: "md5", "sha1", "sha224", "sha256", "sha384" or "sha512", without
/// case. Returns the raw bytes; empty when the type is unknown.
std::string getHash(std::string_view hash_type, std::string_view data);

/// HMAC of `message` under `key`. `hash_type` as in `getHash`. Returns raw bytes, empty when
/// unknown.
std::string getShaHmac(std::string_view hash_type, std::string_view key, std::string_view message);
std::string getShaHmacBase64(std::string_view hash_type, std::string_view key,
                             std::string_view message);

std::string getMD5(std::string_view message);
std::string getMD5Base64(std::string_view message);

/// True when both texts are equal. The time depends on their lengths only.
bool constantTimeEquals(std::string_view a, std::string_view b);

/// Hashes `password` in the way and with the salt of `expected`, the hash it is to be compared
/// with:
/// "$apr1$", "{SHA}", "{SSHA}", "{PLAIN}", bcrypt ("$2a$", "$2b$", "$2y$"), else libc's crypt
/// ("$1$",
/// "$5$", "$6$", DES).
/// Returns false when `expected` is malformed. Equal texts mean the password is right.
/// Cost: bcrypt takes as long as its cost parameter says (10: about 100 ms in a module).
bool crypt(std::string_view password, const std::string& expected, std::string& out);

/// True when `password` fits `expected`; compares in constant time.
bool verifyPassword(std::string_view password, const std::string& expected);

}  // namespace Wasm::Common::Crypto
