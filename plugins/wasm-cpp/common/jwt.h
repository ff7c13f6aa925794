// JSON Web Tokens (RFC 7519): parsing, time and signature checks, and signing with a shared secret.
//
// A plug-in that includes this header names `mbedtls sodium` in LIBRARIES of its plugin.mk.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "json_util.h"

namespace wasmgate::sdk {

/// Why a token is not accepted.
enum class JwtStatus {
  Ok,
  Missing,
  BadFormat,
  HeaderBadEncoding,
  HeaderBadJson,
  HeaderBadAlgorithm,
  HeaderUnknownAlgorithm,
  HeaderBadKeyId,
  HeaderCritical,
  PayloadBadEncoding,
  PayloadBadJson,
  PayloadBadTime,
  SignatureBadEncoding,
  NotYetValid,
  Expired,
  UnknownIssuer,
  NoMatchingKey,
  VerificationFails,
};

/// A sentence for clients, for example "Jwt is expired".
std::string_view jwt_status_text(JwtStatus status);

struct Jwt {
  std::string algorithm;              // header "alg", one of those a Jwks can verify
  std::optional<std::string> key_id;  // header "kid"
  Wasm::Common::JsonObject header;    // objects
  Wasm::Common::JsonObject payload;
  std::string text;  // the whole token
  std::string_view signed_part() const { return std::string_view(text).substr(0, signed_size); }
  size_t signed_size = 0;
  std::string signature;

  /// Takes `token` apart. The result says what is malformed.
  static JwtStatus parse(std::string_view token, Jwt& out);
  /// A string claim; empty when it is absent or of another type.
  std::string claim(std::string_view name) const;
  /// Checks "exp" and "nbf" against `now_seconds`, with `skew_seconds` of tolerance.
  JwtStatus check_time(int64_t now_seconds, int64_t skew_seconds) const;
};

/// Makes a token signed with HS256.
std::string sign_hs256(const Wasm::Common::JsonObject& header,
                       const Wasm::Common::JsonObject& payload, std::string_view secret);
/// True when `jwt` is an HS256 token under `secret`.
bool verify_hs256(const Jwt& jwt, std::string_view secret);

/// One public key or shared secret; see jwk.cc.
class Jwk;

/// A set of keys (RFC 7517).
class Jwks {
 public:
  Jwks();
  ~Jwks();
  Jwks(Jwks&&) noexcept;
  Jwks& operator=(Jwks&&) noexcept;

  /// Reads {"keys":[…]}, or a single key. Keys of types not known here are skipped; a known key
  /// that is malformed is an error. Returns an error text, empty when at least one key was read.
  std::string parse(std::string_view json);

  /// Checks the signature with the keys that fit the token's algorithm and key id. A token that has
  /// passed is remembered by digest, so that the next request with it costs a hash only.
  JwtStatus verify(const Jwt& jwt) const;

 private:
  static constexpr size_t kRememberedLimit = 1024;

  std::vector<std::unique_ptr<Jwk>> keys_;
  mutable std::unordered_set<std::string> remembered_;
};

}  // namespace wasmgate::sdk
