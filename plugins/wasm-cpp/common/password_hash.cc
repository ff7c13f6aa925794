#include "password_hash.h"

#include <unistd.h>
#ifndef __wasm__
#include <crypt.h>
#endif

#include "base64.h"
#include "crypto_util.h"

namespace wasmgate::sdk {
namespace {

using Wasm::Common::Crypto::getHash;
using Wasm::Common::Crypto::getMD5;

constexpr std::string_view kApr1 = "$apr1$";
constexpr std::string_view kSha = "{SHA}";
constexpr std::string_view kSaltedSha = "{SSHA}";
constexpr std::string_view kPlain = "{PLAIN}";
constexpr size_t kSha1Bytes = 20;

bool starts(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// `count` characters of crypt's own base 64, least significant bits first.
std::string crypt_digits(uint32_t value, int count) {
  constexpr char kDigits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text;
  for (; count > 0; --count, value >>= 6) {
    text += kDigits[value & 63];
  }
  return text;
}

/// Writes an MD5 digest in the byte order that MD5 crypt prescribes.
std::string md5_crypt_text(std::string_view digest) {
  const auto byte = [&](int index) {
    return static_cast<uint32_t>(static_cast<uint8_t>(digest[index]));
  };
  std::string text;
  for (int group = 0; group < 5; ++group) {
    const int last = group == 4 ? 5 : group + 12;
    text += crypt_digits(byte(group) << 16 | byte(group + 6) << 8 | byte(last), 4);
  }
  return text + crypt_digits(byte(11), 2);
}

}  // namespace

std::optional<std::string> apr1_hash(std::string_view password, std::string_view expected) {
  if (!starts(expected, kApr1)) {
    return std::nullopt;
  }
  const std::string_view rest = expected.substr(kApr1.size());
  const size_t salt_end = rest.find('$');
  if (salt_end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string salt(rest.substr(0, std::min<size_t>(salt_end, 8)));
  const std::string key(password);

  const std::string inner = getMD5(key + salt + key);
  std::string start = key + std::string(kApr1) + salt;
  for (size_t left = key.size(); left > 0; left -= std::min<size_t>(left, inner.size())) {
    start += inner.substr(0, std::min(left, inner.size()));
  }
  for (size_t bits = key.size(); bits > 0; bits >>= 1) {
    start += (bits & 1) != 0 || key.empty() ? '\0' : key[0];
  }
  std::string digest = getMD5(start);
  for (int round = 0; round < 1000; ++round) {
    std::string next = (round & 1) != 0 ? key : digest;
    next += round % 3 != 0 ? salt : "";
    next += round % 7 != 0 ? key : "";
    next += (round & 1) != 0 ? digest : key;
    digest = getMD5(next);
  }
  return std::string(kApr1) + salt + "$" + md5_crypt_text(digest);
}

std::optional<std::string> salted_sha1_hash(std::string_view password, std::string_view expected) {
  if (!starts(expected, kSaltedSha)) {
    return std::nullopt;
  }
  const auto decoded = Base64::decode(expected.substr(kSaltedSha.size()));
  if (!decoded || decoded->size() < kSha1Bytes) {
    return std::nullopt;
  }
  const std::string salt = decoded->substr(kSha1Bytes);
  return std::string(kSaltedSha) +
         Base64::encode(getHash("sha1", std::string(password) + salt) + salt);
}

}  // namespace wasmgate::sdk

namespace Wasm::Common::Crypto {

bool crypt(std::string_view password, const std::string& expected, std::string& out) {
  using namespace wasmgate::sdk;
  if (starts(expected, kPlain)) {
    out = std::string(kPlain) + std::string(password);
    return true;
  }
  if (starts(expected, kSha)) {
    out = std::string(kSha) + Base64::encode(getHash("sha1", password));
    return true;
  }
  if (starts(expected, kApr1) || starts(expected, kSaltedSha)) {
    const auto hashed = starts(expected, kApr1) ? apr1_hash(password, expected)
                                                : salted_sha1_hash(password, expected);
    out = hashed.value_or("");
    return hashed.has_value();
  }
  // libc reads up to the first zero byte: such a password must not pass as its beginning.
  if (expected.empty() || password.find('\0') != std::string_view::npos) {
    return false;
  }
  const char* hashed = ::crypt(std::string(password).c_str(), expected.c_str());
  if (hashed == nullptr || hashed[0] == '*') {
    return false;
  }
  out = hashed;
  return true;
}

}  // namespace Wasm::Common::Crypto
