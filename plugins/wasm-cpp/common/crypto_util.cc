#include "crypto_util.h"

#include <mbedtls/md.h>

#include "base64.h"
#include "constant_time.h"
#include "password_hash.h"

namespace Wasm::Common::Crypto {
namespace {

const mbedtls_md_info_t* find_hash(std::string_view type) {
  std::string name(type);
  for (char& c : name) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return mbedtls_md_info_from_string(name.c_str());
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string getHash(std::string_view hash_type, std::string_view data) {
  const mbedtls_md_info_t* hash = find_hash(hash_type);
  if (hash == nullptr) {
    return "";
  }
  std::string digest(mbedtls_md_get_size(hash), '\0');
  const int failed =
      mbedtls_md(hash, bytes(data), data.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return failed != 0 ? "" : digest;
}

std::string getShaHmac(std::string_view hash_type, std::string_view key, std::string_view message) {
  const mbedtls_md_info_t* hash = find_hash(hash_type);
  if (hash == nullptr) {
    return "";
  }
  std::string digest(mbedtls_md_get_size(hash), '\0');
  const int failed = mbedtls_md_hmac(hash, bytes(key), key.size(), bytes(message), message.size(),
                                     reinterpret_cast<unsigned char*>(digest.data()));
  return failed != 0 ? "" : digest;
}

std::string getShaHmacBase64(std::string_view hash_type, std::string_view key,
                             std::string_view message) {
  return Base64::encode(getShaHmac(hash_type, key, message));
}

std::string getMD5(std::string_view message) { return getHash("md5", message); }
std::string getMD5Base64(std::string_view message) { return Base64::encode(getMD5(message)); }

bool constantTimeEquals(std::string_view a, std::string_view b) {
  return wasmgate::sdk::constant_time_equals(a, b);
}

bool verifyPassword(std::string_view password, const std::string& expected) {
  std::string hashed;
  return crypt(password, expected, hashed) && constantTimeEquals(hashed, expected);
}

}  // namespace Wasm::Common::Crypto
