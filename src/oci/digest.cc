#include "oci/digest.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"

namespace wasmgate::oci {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  WASMGATE_CHECK(state_->context != nullptr &&
                 EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  WASMGATE_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
  static constexpr char kHex[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  WASMGATE_CHECK(EVP_DigestFinal_ex(state_->context, digest, &size) == 1);
  Digest out;
  for (unsigned int i = 0; i < size; ++i) {
    out.hex.push_back(kHex[digest[i] >> 4]);
    out.hex.push_back(kHex[digest[i] & 15]);
  }
  return out;
}

Digest digest_of(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

Result<Digest> parse_digest(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return fail(ErrorCode::InvalidArgument,
                "a digest is sha256:<64 hexadecimal digits>, not " + std::string(text));
  }
  if (text.substr(0, colon) != "sha256") {
    return fail(ErrorCode::Unsupported, "digest algorithm " + std::string(text.substr(0, colon)) +
                                            " is not supported; use sha256");
  }
  const std::string_view hex = text.substr(colon + 1);
  const bool good = hex.size() == 64 && std::all_of(hex.begin(), hex.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                    });
  if (!good) {
    return fail(ErrorCode::InvalidArgument,
                "a sha256 digest has 64 lower-case hexadecimal digits: " + std::string(text));
  }
  return Digest{std::string(hex)};
}

}  // namespace wasmgate::oci
