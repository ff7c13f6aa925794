#include "jwk.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>
#include <sodium/crypto_sign_ed25519.h>

#include <array>

#include "base64.h"
#include "constant_time.h"
#include "crypto_util.h"

namespace wasmgate::sdk {
namespace {

using Wasm::Common::JsonObject;
using Wasm::Common::JsonValueAs;

constexpr size_t kLeastRsaBits = 1024;
constexpr size_t kMostRsaBits = 8192;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// "256", "384" or "512" at the end of an algorithm's name, as a hash.
mbedtls_md_type_t hash_of(std::string_view algorithm) {
  const std::string_view bits = algorithm.substr(2);
  return bits == "256" ? MBEDTLS_MD_SHA256 : bits == "384" ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA512;
}

std::string digest_of(std::string_view algorithm, std::string_view text) {
  return Wasm::Common::Crypto::getHash("sha" + std::string(algorithm.substr(2)), text);
}

bool is_family(std::string_view algorithm, std::string_view family) {
  const std::string_view bits = algorithm.substr(std::min<size_t>(2, algorithm.size()));
  return algorithm.substr(0, 2) == family && (bits == "256" || bits == "384" || bits == "512");
}

/// A required field in URL-safe base64; nothing, with an error, when it is not that.
std::optional<std::string> binary(const JsonObject& object, const char* field, std::string& error) {
  const auto found = object.find(field);
  const auto text =
      found == object.end() ? std::nullopt : JsonValueAs<std::string_view>(*found).first;
  auto decoded = text ? Base64::decodeUrl(*text) : std::nullopt;
  if (!decoded || decoded->empty()) {
    error = std::string(field) + ": is required, in URL-safe base64";
    return std::nullopt;
  }
  return decoded;
}

std::optional<std::string> text(const JsonObject& object, const char* field) {
  const auto found = object.find(field);
  return found == object.end() ? std::nullopt : JsonValueAs<std::string>(*found).first;
}

/// A shared secret: HS256, HS384, HS512.
class SecretKey : public Jwk {
 public:
  static std::unique_ptr<Jwk> read(const JsonObject& object, std::string& error) {
    auto secret = binary(object, "k", error);
    return secret ? std::make_unique<SecretKey>(std::move(*secret)) : nullptr;
  }
  explicit SecretKey(std::string secret) : secret_(std::move(secret)) {}
  bool supports(std::string_view algorithm) const override { return is_family(algorithm, "HS"); }
  bool verify(std::string_view algorithm, std::string_view text,
              std::string_view signature) const override {
    const std::string hash = "sha" + std::string(algorithm.substr(2));
    return constant_time_equals(Wasm::Common::Crypto::getShaHmac(hash, secret_, text), signature);
  }

 private:
  std::string secret_;
};

/// RSA: RS… (PKCS #1 v1.5) and PS… (PSS).
class RsaKey : public Jwk {
 public:
  static std::unique_ptr<Jwk> read(const JsonObject& object, std::string& error) {
    const auto modulus = binary(object, "n", error);
    const auto exponent = modulus ? binary(object, "e", error) : std::nullopt;
    if (!exponent) {
      return nullptr;
    }
    auto key = std::make_unique<RsaKey>();
    mbedtls_rsa_context& rsa = key->rsa_;
    if (modulus->size() * 8 > kMostRsaBits ||
        mbedtls_rsa_import_raw(&rsa, bytes(*modulus), modulus->size(), nullptr, 0, nullptr, 0,
                               nullptr, 0, bytes(*exponent), exponent->size()) != 0 ||
        mbedtls_rsa_complete(&rsa) != 0 || mbedtls_rsa_check_pubkey(&rsa) != 0 ||
        mbedtls_rsa_get_len(&rsa) * 8 < kLeastRsaBits) {
      error = "n, e: not an RSA key of 1024 to 8192 bits";
      return nullptr;
    }
    return key;
  }
  RsaKey() { mbedtls_rsa_init(&rsa_, MBEDTLS_RSA_PKCS_V15, 0); }
  ~RsaKey() override { mbedtls_rsa_free(&rsa_); }
  RsaKey(const RsaKey&) = delete;
  RsaKey& operator=(const RsaKey&) = delete;

  bool supports(std::string_view algorithm) const override {
    return is_family(algorithm, "RS") || is_family(algorithm, "PS");
  }
  bool verify(std::string_view algorithm, std::string_view text,
              std::string_view signature) const override {
    if (signature.size() != mbedtls_rsa_get_len(&rsa_)) {
      return false;
    }
    const bool pss = algorithm[0] == 'P';
    const mbedtls_md_type_t hash = hash_of(algorithm);
    const std::string digest = digest_of(algorithm, text);
    mbedtls_rsa_set_padding(&rsa_, pss ? MBEDTLS_RSA_PKCS_V21 : MBEDTLS_RSA_PKCS_V15, hash);
    return mbedtls_rsa_pkcs1_verify(&rsa_, nullptr, nullptr, MBEDTLS_RSA_PUBLIC, hash,
                                    static_cast<unsigned>(digest.size()), bytes(digest),
                                    bytes(signature)) == 0;
  }

 private:
  mutable mbedtls_rsa_context rsa_;
};

struct Curve {
  std::string_view name;
  std::string_view algorithm;
  mbedtls_ecp_group_id group;
  size_t coordinate_bytes;
};
constexpr std::array<Curve, 3> kCurves = {{{"P-256", "ES256", MBEDTLS_ECP_DP_SECP256R1, 32},
                                           {"P-384", "ES384", MBEDTLS_ECP_DP_SECP384R1, 48},
                                           {"P-521", "ES512", MBEDTLS_ECP_DP_SECP521R1, 66}}};

/// Elliptic curves: ES256, ES384, ES512, each on its own curve.
class EcKey : public Jwk {
 public:
  static std::unique_ptr<Jwk> read(const JsonObject& object, std::string& error) {
    const std::string name = text(object, "crv").value_or("");
    for (const Curve& curve : kCurves) {
      if (curve.name != name) {
        continue;
      }
      const auto x = binary(object, "x", error);
      const auto y = x ? binary(object, "y", error) : std::nullopt;
      if (!y) {
        return nullptr;
      }
      auto key = std::make_unique<EcKey>(curve);
      if (!key->load(*x, *y)) {
        error = "x, y: not a point of " + name;
        return nullptr;
      }
      return key;
    }
    return nullptr;
  }
  explicit EcKey(const Curve& curve) : curve_(curve) {
    mbedtls_ecp_group_init(&group_);
    mbedtls_ecp_point_init(&point_);
  }
  ~EcKey() override {
    mbedtls_ecp_point_free(&point_);
    mbedtls_ecp_group_free(&group_);
  }
  EcKey(const EcKey&) = delete;
  EcKey& operator=(const EcKey&) = delete;

  bool supports(std::string_view algorithm) const override { return algorithm == curve_.algorithm; }
  bool verify(std::string_view algorithm, std::string_view text,
              std::string_view signature) const override {
    if (signature.size() != 2 * curve_.coordinate_bytes) {
      return false;
    }
    const std::string digest = digest_of(algorithm, text);
    mbedtls_mpi r, s;
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    const size_t half = curve_.coordinate_bytes;
    const bool right =
        mbedtls_mpi_read_binary(&r, bytes(signature), half) == 0 &&
        mbedtls_mpi_read_binary(&s, bytes(signature) + half, half) == 0 &&
        mbedtls_ecdsa_verify(&group_, bytes(digest), digest.size(), &point_, &r, &s) == 0;
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
    return right;
  }

 private:
  bool load(const std::string& x, const std::string& y) {
    const size_t size = curve_.coordinate_bytes;
    if (x.size() > size || y.size() > size) {
      return false;
    }
    const std::string encoded =
        "\x04" + std::string(size - x.size(), '\0') + x + std::string(size - y.size(), '\0') + y;
    return mbedtls_ecp_group_load(&group_, curve_.group) == 0 &&
           mbedtls_ecp_point_read_binary(&group_, &point_, bytes(encoded), encoded.size()) == 0 &&
           mbedtls_ecp_check_pubkey(&group_, &point_) == 0;
  }

  const Curve& curve_;
  mutable mbedtls_ecp_group group_;
  mbedtls_ecp_point point_;
};

/// Ed25519: EdDSA.
class EdKey : public Jwk {
 public:
  static std::unique_ptr<Jwk> read(const JsonObject& object, std::string& error) {
    if (text(object, "crv").value_or("") != "Ed25519") {
      return nullptr;
    }
    auto point = binary(object, "x", error);
    if (point && point->size() != crypto_sign_ed25519_PUBLICKEYBYTES) {
      error = "x: an Ed25519 key has 32 bytes";
      return nullptr;
    }
    return point ? std::make_unique<EdKey>(std::move(*point)) : nullptr;
  }
  explicit EdKey(std::string point) : point_(std::move(point)) {}
  bool supports(std::string_view algorithm) const override { return algorithm == "EdDSA"; }
  bool verify(std::string_view, std::string_view text, std::string_view signature) const override {
    return signature.size() == crypto_sign_ed25519_BYTES &&
           crypto_sign_ed25519_verify_detached(bytes(signature), bytes(text), text.size(),
                                               bytes(point_)) == 0;
  }

 private:
  std::string point_;
};

}  // namespace

std::unique_ptr<Jwk> Jwk::parse(const JsonObject& object, std::string& error) {
  const auto type = text(object, "kty");
  if (!type) {
    error = "kty: is required";
    return nullptr;
  }
  std::unique_ptr<Jwk> key;
  if (*type == "oct") {
    key = SecretKey::read(object, error);
  } else if (*type == "RSA") {
    key = RsaKey::read(object, error);
  } else if (*type == "EC") {
    key = EcKey::read(object, error);
  } else if (*type == "OKP") {
    key = EdKey::read(object, error);
  }
  if (key != nullptr) {
    key->key_id_ = text(object, "kid");
    key->algorithm_ = text(object, "alg");
  }
  return key;
}

bool Jwk::fits(std::string_view algorithm, const std::optional<std::string>& key_id) const {
  return supports(algorithm) && (!algorithm_ || *algorithm_ == algorithm) &&
         (!key_id_ || !key_id || *key_id_ == *key_id);
}

bool is_jwt_algorithm(std::string_view algorithm) {
  for (const std::string_view family : {"HS", "RS", "PS", "ES"}) {
    if (is_family(algorithm, family)) {
      return true;
    }
  }
  return algorithm == "EdDSA";
}

}  // namespace wasmgate::sdk
