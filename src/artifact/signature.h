#pragma once
// Public-key signatures over payloads: ECDSA on P-256 and P-384, RSA from 2,048 bits (PKCS #1
// v1.5), Ed25519. What is signed and where it lies is oci/cosign's and signature_check's business.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wasmgate::artifact {

class PublicKey {
 public:
  /// One or more PEM "PUBLIC KEY" blocks; other text between them is passed over.
  /// Errors: InvalidArgument (no such block, broken block, a private key or certificate instead),
  /// Unsupported (kind, curve or size).
  static Result<std::vector<PublicKey>> parse_all(std::string_view pem);

  /// True when `signature` is this key's over SHA-256 of `payload` (P-384: SHA-384 or SHA-256;
  /// Ed25519: over the payload itself). An ECDSA signature must be the one canonical DER encoding
  /// of its numbers.
  bool verify(std::string_view payload, std::string_view signature) const;

  /// SHA-256 of the key's DER form, hexadecimal: how messages and status name a signer.
  const std::string& fingerprint() const { return fingerprint_; }
  /// "ecdsa-p256", "ecdsa-p384", "rsa", "ed25519".
  const std::string& kind() const { return kind_; }

 private:
  friend class PrivateKey;
  PublicKey() = default;
  std::shared_ptr<void> key_;
  std::string fingerprint_;
  std::string kind_;
};

class PrivateKey {
 public:
  /// An unencrypted PEM private key of one of the kinds above. Errors: InvalidArgument, Unsupported
  /// (also encrypted keys).
  static Result<PrivateKey> parse(std::string_view pem);

  /// ECDSA and RSA over SHA-256. Errors: Internal.
  Result<std::string> sign(std::string_view payload) const;

  const PublicKey& public_key() const { return public_; }

 private:
  PrivateKey() = default;
  PublicKey public_;
};

}  // namespace wasmgate::artifact
