#pragma once
// Signatures beside images, in cosign's form: tag "sha256-<hex>.sig", one layer per signature whose
// content is a "simple signing" payload that names the manifest's digest, the signature in an
// annotation. Documents only; the cryptography is artifact/signature.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oci/image_builder.h"
#include "oci/manifest.h"
#include "oci/reference.h"

namespace wasmgate::oci {

/// The tag beside an image under which its signatures stand.
std::string signature_tag(const Digest& manifest);

/// What is signed. `identity`: the reference without tag ("host/repo").
std::string signing_payload(const Digest& manifest, const std::string& identity);

struct SigningClaim {
  Digest manifest;
  std::string identity;
};

/// Errors: Protocol for other text, another type than "cosign container image signature" or "atomic
/// container signature".
Result<SigningClaim> read_payload(std::string_view text);

struct SignatureLayer {
  Descriptor payload;
  std::string signature;  // decoded bytes
};

/// The layers of a signature manifest that carry a signature. Others are left out; at most 64.
std::vector<SignatureLayer> signature_layers(const Manifest& manifest);

struct SignedPayload {
  std::string payload;
  std::string signature;  // raw bytes
};

/// A signature image with these signatures, in order.
Image make_signature_image(const std::vector<SignedPayload>& signatures);

}  // namespace wasmgate::oci
