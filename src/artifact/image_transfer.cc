#include "artifact/image_transfer.h"

#include "oci/cosign.h"
#include "oci/media_types.h"

namespace wasmgate::artifact {
namespace {

constexpr int kCopyIndexDepth = 3;

Result<void> copy_blob(ImageEnd& from, const oci::Reference& source, ImageEnd& to,
                       const oci::Reference& target, const oci::Descriptor& descriptor,
                       const Progress& progress) {
  auto there = to.has_blob(target, descriptor);
  if (!there) {
    return tl::unexpected(there.error());
  }
  if (!*there) {
    auto bytes = from.blob(source, descriptor);
    if (!bytes) {
      return tl::unexpected(bytes.error());
    }
    if (auto put = to.put_blob(target, descriptor, *bytes); !put) {
      return put;
    }
  }
  progress(descriptor, *there);
  return {};
}

Result<oci::Digest> copy_document(ImageEnd& from, const oci::Reference& source, ImageEnd& to,
                                  const oci::Reference& target, const Progress& progress,
                                  int depth) {
  auto manifest = from.manifest(source);
  if (!manifest) {
    return tl::unexpected(manifest.error());
  }
  auto document = oci::read_document(manifest->text, manifest->media_type);
  if (!document) {
    return tl::unexpected(document.error());
  }
  if (const auto* index = std::get_if<oci::Index>(&*document)) {
    if (depth == 0) {
      return fail(ErrorCode::LimitExceeded, source.to_string() + ": indexes inside indexes",
                  ErrorSource::Upstream);
    }
    manifest->media_type = index->media_type;
    for (const oci::IndexEntry& entry : index->manifests) {
      auto copied = copy_document(from, source.at(entry.descriptor.digest), to,
                                  target.at(entry.descriptor.digest), progress, depth - 1);
      if (!copied) {
        return copied;
      }
    }
  } else {
    const auto& image = std::get<oci::Manifest>(*document);
    manifest->media_type = image.media_type;
    if (auto copied = copy_blob(from, source, to, target, image.config, progress); !copied) {
      return tl::unexpected(copied.error());
    }
    for (const oci::Descriptor& layer : image.layers) {
      if (auto copied = copy_blob(from, source, to, target, layer, progress); !copied) {
        return tl::unexpected(copied.error());
      }
    }
  }
  if (auto put = to.put_manifest(target, *manifest); !put) {
    return tl::unexpected(put.error());
  }
  progress({manifest->media_type, manifest->digest, manifest->text.size(), {}}, false);
  return manifest->digest;
}

oci::Reference signatures_of(const oci::Reference& image, const oci::Digest& digest) {
  return image.with_tag(oci::signature_tag(digest));
}

// The signature manifest's layers; nothing when there is no signature at all.
Result<std::vector<oci::SignatureLayer>> read_signatures(ImageEnd& end, const oci::Reference& at) {
  auto manifest = end.manifest(at);
  if (!manifest) {
    if (manifest.error().code == ErrorCode::NotFound) {
      return std::vector<oci::SignatureLayer>{};
    }
    return tl::unexpected(manifest.error());
  }
  auto document = oci::read_document(manifest->text, manifest->media_type);
  if (!document) {
    return tl::unexpected(document.error());
  }
  if (!std::holds_alternative<oci::Manifest>(*document)) {
    return fail(ErrorCode::Protocol, at.to_string() + ": not an image manifest",
                ErrorSource::Upstream);
  }
  return oci::signature_layers(std::get<oci::Manifest>(*document));
}

}  // namespace

Result<oci::Digest> copy_image(ImageEnd& from, const oci::Reference& source, ImageEnd& to,
                               const oci::Reference& target, const Progress& progress) {
  return copy_document(from, source, to, target, progress, kCopyIndexDepth);
}

Result<bool> copy_signatures(ImageEnd& from, const oci::Reference& source, ImageEnd& to,
                             const oci::Reference& target, const oci::Digest& digest,
                             const Progress& progress) {
  auto copied =
      copy_image(from, signatures_of(source, digest), to, signatures_of(target, digest), progress);
  if (!copied && copied.error().code == ErrorCode::NotFound) {
    return false;
  }
  return copied ? Result<bool>(true) : tl::unexpected(copied.error());
}

Result<void> put_image(ImageEnd& to, const oci::Reference& target, const oci::Image& image,
                       const Progress& progress) {
  for (const oci::Blob& blob : image.blobs) {
    auto there = to.has_blob(target, blob.descriptor);
    if (!there) {
      return tl::unexpected(there.error());
    }
    if (!*there) {
      if (auto put = to.put_blob(target, blob.descriptor, blob.bytes); !put) {
        return put;
      }
    }
    progress(blob.descriptor, *there);
  }
  return to.put_manifest(target, {image.manifest, image.manifest_descriptor.media_type,
                                  image.manifest_descriptor.digest});
}

Result<void> sign_image(ImageEnd& end, const oci::Reference& image, const oci::Digest& digest,
                        const PrivateKey& key) {
  const oci::Reference at = signatures_of(image, digest);
  auto known = read_signatures(end, at);
  if (!known) {
    return tl::unexpected(known.error());
  }
  std::vector<oci::SignedPayload> all;
  for (const oci::SignatureLayer& layer : *known) {
    auto payload = end.blob(at, layer.payload);
    if (!payload) {
      return tl::unexpected(payload.error());
    }
    if (!key.public_key().verify(*payload, layer.signature)) {
      all.push_back({std::move(*payload), layer.signature});
    }
  }
  std::string payload = oci::signing_payload(digest, image.host + "/" + image.repository);
  auto signature = key.sign(payload);
  if (!signature) {
    return tl::unexpected(signature.error());
  }
  all.push_back({std::move(payload), std::move(*signature)});
  return put_image(end, at, oci::make_signature_image(all), [](const oci::Descriptor&, bool) {});
}

Result<std::string> verify_image(ImageEnd& end, const oci::Reference& image,
                                 const oci::Digest& digest, const std::vector<PublicKey>& keys) {
  const oci::Reference at = signatures_of(image, digest);
  const std::string what = image.host + "/" + image.repository + "@" + digest.to_string();
  auto layers = read_signatures(end, at);
  if (!layers) {
    return tl::unexpected(layers.error());
  }
  if (layers->empty()) {
    return fail(ErrorCode::Unverified, what + ": no signature (looked for tag " + at.tag + ")",
                ErrorSource::Upstream);
  }
  bool other_manifest = false;
  for (const oci::SignatureLayer& layer : *layers) {
    auto payload = end.blob(at, layer.payload);
    if (!payload) {
      return tl::unexpected(payload.error());
    }
    for (const PublicKey& key : keys) {
      if (!key.verify(*payload, layer.signature)) {
        continue;
      }
      const auto claim = oci::read_payload(*payload);
      if (claim && claim->manifest == digest) {
        return key.fingerprint();
      }
      other_manifest = true;
    }
  }
  return fail(ErrorCode::Unverified,
              what + (other_manifest ? ": the signature is over another manifest"
                                     : ": none of its " + std::to_string(layers->size()) +
                                           " signatures is by a key that is given"),
              ErrorSource::Upstream);
}

}  // namespace wasmgate::artifact
