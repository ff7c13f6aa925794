#pragma once
// Moving whole images between places, and their signatures: what push, pull, copy, tag, sign and
// verify are made of.

#include <functional>
#include <string>
#include <vector>

#include "artifact/image_end.h"
#include "artifact/signature.h"

namespace wasmgate::artifact {

/// Told about each blob and manifest that is moved or was there already.
using Progress = std::function<void(const oci::Descriptor&, bool was_there)>;

/// Copies what `source` names, all manifests of an index included, and names it `target`. Returns
/// the digest of what was copied. Errors: those of both ends.
Result<oci::Digest> copy_image(ImageEnd& from, const oci::Reference& source, ImageEnd& to,
                               const oci::Reference& target, const Progress& progress);

/// Copies the signatures of `digest` too. Returns false when there are none.
Result<bool> copy_signatures(ImageEnd& from, const oci::Reference& source, ImageEnd& to,
                             const oci::Reference& target, const oci::Digest& digest,
                             const Progress& progress);

/// Stores a freshly built image.
Result<void> put_image(ImageEnd& to, const oci::Reference& target, const oci::Image& image,
                       const Progress& progress);

/// Adds a signature over the manifest `digest` to those that are there. One of the same key is
/// replaced.
Result<void> sign_image(ImageEnd& end, const oci::Reference& image, const oci::Digest& digest,
                        const PrivateKey& key);

/// Finds a signature over the manifest `digest` by one of `keys`. Returns that key's fingerprint.
/// Errors: Unverified when there is no signature, none of them is by one of the keys, or it is over
/// another manifest; those of the end.
Result<std::string> verify_image(ImageEnd& end, const oci::Reference& image,
                                 const oci::Digest& digest, const std::vector<PublicKey>& keys);

}  // namespace wasmgate::artifact
