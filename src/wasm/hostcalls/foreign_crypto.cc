#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "wasm/abi/proto.h"
#include "wasm/hostcalls/foreign.h"

namespace wasmgate::wasm::foreign {
namespace {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;
using Bio = std::unique_ptr<BIO, BioDeleter>;

const uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

Bio bio_of(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Key public_key(std::string_view der, std::string_view pem) {
  if (!pem.empty()) {
    return Key(PEM_read_bio_PUBKEY(bio_of(pem).get(), nullptr, nullptr, nullptr));
  }
  const uint8_t* at = bytes_of(der);
  return Key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
}

Key private_key(std::string_view der, std::string_view pem) {
  if (!pem.empty()) {
    // No passphrase is ever asked for.
    const auto refuse = [](char*, int, int, void*) { return 0; };
    return Key(PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, refuse, nullptr));
  }
  const uint8_t* at = bytes_of(der);
  return Key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
}

const EVP_MD* hash_of(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "sha1") {
    return EVP_sha1();
  }
  if (lower == "sha224") {
    return EVP_sha224();
  }
  if (lower == "sha256") {
    return EVP_sha256();
  }
  if (lower == "sha384") {
    return EVP_sha384();
  }
  return lower == "sha512" ? EVP_sha512() : nullptr;
}

std::string_view field(const std::vector<ProtoField>& fields, uint32_t number) {
  std::string_view out;
  for (const auto& one : fields) {
    if (one.number == number && one.is_bytes) {
      out = one.bytes;
    }
  }
  return out;
}

Status answer(bool ok, std::string_view error, uint32_t error_field, std::string& out) {
  append_proto(out, 1, ok ? 1 : 0);
  append_proto(out, error_field, error);
  return Status::Ok;
}

}  // namespace

Status verify_signature(HostCall& /*call*/, std::string_view arguments, std::string& out) {
  const auto fields = read_proto(arguments);
  if (!fields) {
    return Status::BadArgument;
  }
  const auto der = field(*fields, 2);
  const auto pem = field(*fields, 5);
  if (der.empty() == pem.empty()) {
    return Status::BadArgument;
  }
  const EVP_MD* hash = hash_of(field(*fields, 1));
  if (hash == nullptr) {
    return answer(false, std::string(field(*fields, 1)) + " is not supported.", 2, out);
  }
  const Key key = public_key(der, pem);
  if (key == nullptr) {
    return answer(false, "Failed to parse the public key.", 2, out);
  }
  const DigestContext context(EVP_MD_CTX_new());
  const auto signature = field(*fields, 3);
  const auto text = field(*fields, 4);
  if (EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key.get()) != 1) {
    return answer(false, "Failed to initialize digest verify.", 2, out);
  }
  const bool ok = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                   bytes_of(text), text.size()) == 1;
  return answer(ok, ok ? "" : "Failed to verify digest.", 2, out);
}

Status sign(HostCall& /*call*/, std::string_view arguments, std::string& out) {
  const auto fields = read_proto(arguments);
  if (!fields) {
    return Status::BadArgument;
  }
  const auto der = field(*fields, 2);
  const auto pem = field(*fields, 4);
  if (der.empty() == pem.empty()) {
    return Status::BadArgument;
  }
  const EVP_MD* hash = hash_of(field(*fields, 1));
  if (hash == nullptr) {
    return answer(false, std::string(field(*fields, 1)) + " is not supported.", 3, out);
  }
  const Key key = private_key(der, pem);
  if (key == nullptr) {
    return answer(false, "Failed to parse the private key.", 3, out);
  }
  const DigestContext context(EVP_MD_CTX_new());
  const auto text = field(*fields, 3);
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()) != 1) {
    return answer(false, "Failed to initialize digest sign.", 3, out);
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<uint8_t*>(signature.data()), &size,
                     bytes_of(text), text.size()) != 1) {
    return answer(false, "Failed to create the signature.", 3, out);
  }
  signature.resize(size);
  append_proto(out, 1, 1);
  append_proto(out, 2, std::string_view(signature));
  return Status::Ok;
}

}  // namespace wasmgate::wasm::foreign
