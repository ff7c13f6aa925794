#include "wasm/engine/compiled_code.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "fmt/format.h"

namespace wasmgate::wasm {
namespace {

// An image: magic, key length (u32 little-endian), compatibility key, serialised module, HMAC-SHA256 of all before it.
constexpr std::string_view kMagic = "wasmgate-code-1\n";
constexpr size_t kSealBytes = 32;

std::array<uint8_t, kSealBytes> seal_of(std::string_view bytes, const SealKey& key) {
  std::array<uint8_t, kSealBytes> out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
       out.data(), &size);
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
  const auto seal = seal_of(image, key);
  image.append(reinterpret_cast<const char*>(seal.data()), seal.size());
  return image;
}

Result<std::string_view> open_image(std::string_view image, const Engine& engine, const SealKey& key) {
  if (image.size() < kMagic.size() + 4 + kSealBytes || !image.starts_with(kMagic)) {
    return fail(ErrorCode::Corrupt, "not an image of compiled code");
  }
  const auto sealed = image.substr(0, image.size() - kSealBytes);
  const auto seal = seal_of(sealed, key);
  if (CRYPTO_memcmp(seal.data(), image.data() + sealed.size(), kSealBytes) != 0) {
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
