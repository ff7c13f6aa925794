#include "artifact/fake_keys.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "base/check.h"

namespace wasmgate::artifact {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<size_t>(size));
  BIO_free(bio);
  return out;
}

EVP_PKEY* generate(const std::string& kind) {
  if (kind == "ed25519") {
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  if (kind.starts_with("rsa")) {
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA",
                             static_cast<size_t>(kind == "rsa" ? 2048 : 1024));
  }
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC",
                           kind == "ecdsa-p256"   ? "P-256"
                           : kind == "ecdsa-p384" ? "P-384"
                                                  : "secp256k1");
}

}  // namespace

KeyPair make_key_pair(const std::string& kind) {
  EVP_PKEY* key = generate(kind);
  WASMGATE_CHECK(key != nullptr);
  KeyPair out;
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  out.private_pem = text_of(bio);
  bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key);
  out.public_pem = text_of(bio);
  EVP_PKEY_free(key);
  return out;
}

}  // namespace wasmgate::artifact
