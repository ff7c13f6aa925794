#include "oci/cosign.h"

#include "oci/base64.h"
#include "oci/json.h"
#include "oci/media_types.h"

namespace wasmgate::oci {
namespace {

constexpr const char* kSignature = "dev.cosignproject.cosign/signature";
constexpr const char* kType = "cosign container image signature";
constexpr const char* kOlderType = "atomic container signature";
constexpr size_t kMostSignatures = 64;

tl::unexpected<Error> bad_payload(const char* what) {
  return fail(ErrorCode::Protocol, std::string("signature payload: ") + what,
              ErrorSource::Upstream);
}

}  // namespace

std::string signature_tag(const Digest& manifest) { return "sha256-" + manifest.hex + ".sig"; }

std::string signing_payload(const Digest& manifest, const std::string& identity) {
  const Json critical = {{"identity", {{"docker-reference", identity}}},
                         {"image", {{"docker-manifest-digest", manifest.to_string()}}},
                         {"type", kType}};
  return to_text({{"critical", critical}, {"optional", nullptr}});
}

Result<SigningClaim> read_payload(std::string_view text) {
  const auto root = parse_json(text);
  const Json* critical = root ? object_member(*root, "critical") : nullptr;
  if (critical == nullptr) {
    return bad_payload("no critical part");
  }
  const auto type = string_member(*critical, "type");
  if (type != kType && type != kOlderType) {
    return bad_payload("another type");
  }
  const Json* image = object_member(*critical, "image");
  const auto digest =
      image != nullptr ? string_member(*image, "docker-manifest-digest") : std::nullopt;
  auto manifest =
      digest ? parse_digest(*digest) : Result<Digest>(fail(ErrorCode::Protocol, "none"));
  if (!manifest) {
    return bad_payload("no manifest digest");
  }
  const Json* identity = object_member(*critical, "identity");
  return SigningClaim{*manifest, identity != nullptr
                                     ? string_member(*identity, "docker-reference").value_or("")
                                     : ""};
}

std::vector<SignatureLayer> signature_layers(const Manifest& manifest) {
  std::vector<SignatureLayer> out;
  for (const Descriptor& layer : manifest.layers) {
    const auto text = layer.annotations.find(kSignature);
    if (layer.media_type != media::kSimpleSigning || text == layer.annotations.end() ||
        out.size() == kMostSignatures) {
      continue;
    }
    if (auto signature = base64_decode(text->second); signature && !signature->empty()) {
      out.push_back({layer, std::move(*signature)});
    }
  }
  return out;
}

Image make_signature_image(const std::vector<SignedPayload>& signatures) {
  std::vector<Blob> layers;
  Json diff_ids = Json::array();
  for (const SignedPayload& each : signatures) {
    layers.push_back(make_blob(each.payload, media::kSimpleSigning));
    layers.back().descriptor.annotations[kSignature] = base64_encode(each.signature);
    diff_ids.push_back(layers.back().descriptor.digest.to_string());
  }
  const Json config = {{"architecture", ""},
                       {"os", ""},
                       {"config", Json::object()},
                       {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}};
  return make_manifest(make_blob(to_text(config), media::kImageConfig), std::move(layers), {});
}

}  // namespace wasmgate::oci
