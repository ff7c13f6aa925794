#pragma once
// For tests: fresh key pairs as PEM.

#include <string>

namespace wasmgate::artifact {

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
};

/// "ecdsa-p256", "ecdsa-p384", "ecdsa-secp256k1", "rsa", "rsa-1024", "ed25519".
KeyPair make_key_pair(const std::string& kind);

}  // namespace wasmgate::artifact
