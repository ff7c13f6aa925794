#include "wasm/engine/compiled_code.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstring>
#include <memory>

#include "base/check.h"
#include "fmt/format.h"

namespace wasmgate::wasm {
namespace {

// An image: magic, key length (u32 little-endian), compatibility key, serialised module; then the
// seal of all before it: a nonce and the tag of GMAC with AES-256. A start checks the seals of all
// its images, and GMAC reads them four times as fast as HMAC-SHA256.
constexpr std::string_view kMagic = "wasmgate-code-2\n";
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kSealBytes = kNonceBytes + kTagBytes;

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

using Nonce = std::array<uint8_t, kNonceBytes>;
using Tag = std::array<uint8_t, kTagBytes>;

Tag tag_of(std::string_view bytes, const SealKey& key, const Nonce& nonce) {
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "GMAC", nullptr));
  const std::unique_ptr<EVP_MAC_CTX, FreeMac> context(mac == nullptr ? nullptr
                                                                     : EVP_MAC_CTX_new(mac.get()));
  char cipher[] = "AES-256-GCM";
  Nonce iv = nonce;
  const std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, iv.data(), iv.size()),
      OSSL_PARAM_construct_end()};
  Tag out{};
  size_t size = 0;
  WASMGATE_CHECK(context != nullptr &&
                 EVP_MAC_init(context.get(), key.data(), key.size(), parameters.data()) == 1 &&
                 EVP_MAC_update(context.get(), reinterpret_cast<const uint8_t*>(bytes.data()),
                                bytes.size()) == 1 &&
                 EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1 &&
                 size == out.size());
  return out;
}

void append_u32(std::string& out, uint32_t value) {
  for (int i = 0; i < 4; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
}

uint32_t read_u32(std::string_view bytes) {
  uint32_t out = 0;
  for (size_t i = 0; i < 4; ++i) {
    out |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  return out;
}

}  // namespace

SealKey make_seal_key(RandomSource& random) {
  SealKey key{};
  random.fill(key);
  return key;
}

Result<std::string> compile_to_image(Engine& engine, std::string_view wasm, const SealKey& key) {
  auto module = engine.compile(wasm);
  if (!module) {
    return tl::unexpected(module.error());
  }
  auto code = (*module)->serialize();
  if (!code) {
    return tl::unexpected(code.error());
  }
  const std::string compatibility = engine.compatibility_key();
  std::string image(kMagic);
  append_u32(image, static_cast<uint32_t>(compatibility.size()));
  image.append(compatibility).append(*code);
  Nonce nonce;
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) {
    return fail(ErrorCode::Internal, "no random bytes for the seal of compiled code");
  }
  const Tag tag = tag_of(image, key, nonce);
  image.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  image.append(reinterpret_cast<const char*>(tag.data()), tag.size());
  return image;
}

Result<std::string_view> open_image(std::string_view image, const Engine& engine,
                                    const SealKey& key) {
  if (image.size() < kMagic.size() + 4 + kSealBytes || !image.starts_with(kMagic)) {
    return fail(ErrorCode::Corrupt, "not an image of compiled code");
  }
  const auto sealed = image.substr(0, image.size() - kSealBytes);
  Nonce nonce;
  std::memcpy(nonce.data(), image.data() + sealed.size(), nonce.size());
  const Tag tag = tag_of(sealed, key, nonce);
  if (CRYPTO_memcmp(tag.data(), image.data() + sealed.size() + nonce.size(), tag.size()) != 0) {
    return fail(ErrorCode::Corrupt, "the seal of the compiled code does not match");
  }
  const uint32_t size = read_u32(sealed.substr(kMagic.size()));
  const auto rest = sealed.substr(kMagic.size() + 4);
  if (size > rest.size() || rest.substr(0, size) != engine.compatibility_key()) {
    return fail(ErrorCode::Corrupt, "the code was compiled for another engine or machine");
  }
  return rest.substr(size);
}

std::string cache_key(const Engine& engine) {
  const std::string text = engine.compatibility_key();
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest.data());
  std::string out;
  for (size_t i = 0; i < 8; ++i) {
    out += fmt::format("{:02x}", digest[i]);
  }
  return out;
}

}  // namespace wasmgate::wasm
