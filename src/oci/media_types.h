#pragma once
// The media types of plug-in images, all layouts (docs/distribution.md has the table).

#include <string_view>

namespace wasmgate::oci::media {

inline constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerIndex =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest1 =
    "application/vnd.docker.distribution.manifest.v1+json";
inline constexpr std::string_view kDockerManifest1Signed =
    "application/vnd.docker.distribution.manifest.v1+prettyjws";

inline constexpr std::string_view kImageConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayerTar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kLayerTarGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayerTarZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kDockerLayer =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view kDockerLayerPlain =
    "application/vnd.docker.image.rootfs.diff.tar";

inline constexpr std::string_view kWasmConfig = "application/vnd.module.wasm.config.v1+json";
inline constexpr std::string_view kWasmContent =
    "application/vnd.module.wasm.content.layer.v1+wasm";
inline constexpr std::string_view kCncfConfig = "application/vnd.wasm.config.v0+json";
inline constexpr std::string_view kCncfWasm = "application/wasm";

inline constexpr std::string_view kSpec = "application/vnd.module.wasm.spec.v1+yaml";
inline constexpr std::string_view kDocPrefix = "application/vnd.module.wasm.doc.v1";
inline constexpr std::string_view kDocSuffix = "+markdown";
inline constexpr std::string_view kIcon = "application/vnd.module.wasm.icon.v1+png";

inline constexpr std::string_view kSimpleSigning =
    "application/vnd.dev.cosign.simplesigning.v1+json";

}  // namespace wasmgate::oci::media
