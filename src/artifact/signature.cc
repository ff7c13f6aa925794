#include "artifact/signature.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "artifact/digest.h"

namespace wasmgate::artifact {
namespace {

constexpr int kLeastRsaBits = 2048;
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kPublicBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kPublicEnd = "-----END PUBLIC KEY-----";

template <auto Free>
struct Release {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Bio = std::unique_ptr<BIO, Release<BIO_free>>;
using Digesting = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using EcdsaNumbers = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Bio bio_of(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

std::string curve_of(EVP_PKEY* key) {
  char name[64] = {};
  size_t size = 0;
  return EVP_PKEY_get_group_name(key, name, sizeof name, &size) == 1 ? std::string(name, size)
                                                                     : std::string();
}

Result<std::string> kind_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return "ed25519";
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) < kLeastRsaBits) {
        return fail(ErrorCode::Unsupported, "key: RSA keys below 2048 bits are refused",
                    ErrorSource::Config);
      }
      return "rsa";
    case EVP_PKEY_EC: {
      const std::string curve = curve_of(key);
      if (curve == "prime256v1" || curve == "P-256") {
        return "ecdsa-p256";
      }
      if (curve == "secp384r1" || curve == "P-384") {
        return "ecdsa-p384";
      }
      return fail(ErrorCode::Unsupported,
                  "key: curve " + curve + " is not supported; use P-256 or P-384",
                  ErrorSource::Config);
    }
    default:
      break;
  }
  return fail(ErrorCode::Unsupported, "key: not ECDSA, RSA or Ed25519", ErrorSource::Config);
}

std::string fingerprint_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) {
    return "";
  }
  std::string out = sha256_hex({reinterpret_cast<const char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return out;
}

bool verifies(EVP_PKEY* key, const EVP_MD* hash, std::string_view payload,
              std::string_view signature) {
  const Digesting context(EVP_MD_CTX_new());
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                     bytes_of(payload), payload.size()) == 1;
  ERR_clear_error();
  return good;
}

// One encoding per signature: what decodes must encode to the same bytes.
bool is_canonical(std::string_view signature) {
  const unsigned char* at = bytes_of(signature);
  const EcdsaNumbers numbers(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(signature.size())));
  ERR_clear_error();
  if (numbers == nullptr || at != bytes_of(signature) + signature.size()) {
    return false;
  }
  unsigned char* again = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &again);
  const bool same =
      size == static_cast<int>(signature.size()) &&
      std::string_view(reinterpret_cast<const char*>(again), signature.size()) == signature;
  OPENSSL_free(again);
  return same;
}

}  // namespace

Result<std::vector<PublicKey>> PublicKey::parse_all(std::string_view pem) {
  std::vector<PublicKey> out;
  for (size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at)) {
    if (pem.substr(at, kPublicBegin.size()) != kPublicBegin) {
      const size_t end = pem.find("-----", at + kBegin.size());
      return fail(ErrorCode::InvalidArgument,
                  "key: PEM block \"" +
                      std::string(pem.substr(at + kBegin.size(),
                                             std::min<size_t>(end - at - kBegin.size(), 40))) +
                      "\" is no PUBLIC KEY",
                  ErrorSource::Config);
    }
    const size_t end = pem.find(kPublicEnd, at);
    if (end == std::string_view::npos) {
      return fail(ErrorCode::InvalidArgument, "key: the PEM block has no end", ErrorSource::Config);
    }
    std::string block(pem.substr(at, end + kPublicEnd.size() - at));
    block += "\n";
    at = end + kPublicEnd.size();
    PublicKey key;
    key.key_ =
        std::shared_ptr<void>(PEM_read_bio_PUBKEY(bio_of(block).get(), nullptr, nullptr, nullptr),
                              [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); });
    ERR_clear_error();
    if (key.key_ == nullptr) {
      return fail(ErrorCode::InvalidArgument,
                  "key: the PEM block " + std::to_string(out.size() + 1) + " is no public key",
                  ErrorSource::Config);
    }
    auto kind = kind_of(raw(key.key_));
    if (!kind) {
      return tl::unexpected(kind.error());
    }
    key.kind_ = *kind;
    key.fingerprint_ = fingerprint_of(raw(key.key_));
    out.push_back(std::move(key));
  }
  if (out.empty()) {
    return fail(ErrorCode::InvalidArgument, "key: no PEM block BEGIN PUBLIC KEY",
                ErrorSource::Config);
  }
  return out;
}

bool PublicKey::verify(std::string_view payload, std::string_view signature) const {
  EVP_PKEY* key = raw(key_);
  if (kind_ == "ed25519") {
    return verifies(key, nullptr, payload, signature);
  }
  if (kind_ == "rsa") {
    return verifies(key, EVP_sha256(), payload, signature);
  }
  if (!is_canonical(signature)) {
    return false;
  }
  return verifies(key, EVP_sha256(), payload, signature) ||
         (kind_ == "ecdsa-p384" && verifies(key, EVP_sha384(), payload, signature));
}

Result<PrivateKey> PrivateKey::parse(std::string_view pem) {
  if (pem.find("ENCRYPTED") != std::string_view::npos) {
    return fail(ErrorCode::Unsupported,
                "key: encrypted private keys are not supported; decrypt it to a file that only you "
                "can read (openssl pkey -in KEY -out PLAIN)",
                ErrorSource::Config);
  }
  // A callback that gives no password, so that the library never asks at the terminal.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  PrivateKey out;
  out.public_.key_ = std::shared_ptr<void>(
      PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, no_password, nullptr),
      [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); });
  ERR_clear_error();
  if (out.public_.key_ == nullptr) {
    return fail(ErrorCode::InvalidArgument, "key: this is no PEM private key", ErrorSource::Config);
  }
  auto kind = kind_of(raw(out.public_.key_));
  if (!kind) {
    return tl::unexpected(kind.error());
  }
  out.public_.kind_ = *kind;
  out.public_.fingerprint_ = fingerprint_of(raw(out.public_.key_));
  return out;
}

Result<std::string> PrivateKey::sign(std::string_view payload) const {
  const EVP_MD* hash = public_.kind_ == "ed25519" ? nullptr : EVP_sha256();
  const Digesting context(EVP_MD_CTX_new());
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, raw(public_.key_)) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(payload), payload.size()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::Internal, "signing failed");
  }
  std::string out(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                     bytes_of(payload), payload.size()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::Internal, "signing failed");
  }
  out.resize(size);
  return out;
}

}  // namespace wasmgate::artifact
