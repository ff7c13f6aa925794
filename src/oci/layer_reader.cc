#include "oci/layer_reader.h"

#include <algorithm>

#include "oci/gzip.h"
#include "oci/tar_reader.h"

namespace wasmgate::oci {
namespace {

constexpr const char* kWhat = "layer";

tl::unexpected<Error> bad_layer(ErrorCode code, const std::string& what) {
  return fail(code, std::string(kWhat) + ": " + what, ErrorSource::Upstream);
}

// The archive as plain tar. Empty view in `storage`'s place when it was plain already.
Result<std::string_view> unpack(std::string_view bytes, const LayerLimits& limits,
                                std::string& storage) {
  const bool gzip = bytes.starts_with("\x1F\x8B");
  const bool zstd = bytes.starts_with("\x28\xB5\x2F\xFD");
  if (!gzip && !zstd) {
    if (bytes.size() > limits.unpacked_bytes) {
      return bad_layer(ErrorCode::LimitExceeded,
                       "larger than " + std::to_string(limits.unpacked_bytes) + " bytes");
    }
    return bytes;
  }
  const size_t cap = std::min(limits.unpacked_bytes,
                              std::max(limits.ratio_free_bytes, bytes.size() * limits.ratio));
  auto unpacked = gzip ? gzip_unpack(bytes, cap) : unpack_zstd(bytes, cap, kWhat);
  if (!unpacked) {
    return tl::unexpected(unpacked.error());
  }
  storage = std::move(*unpacked);
  return std::string_view(storage);
}

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

class LayerScan {
 public:
  LayerScan(TarReader& reader, const LayerLimits& limits) : reader_(reader), limits_(limits) {}

  Result<LayerFiles> run() {
    while (true) {
      auto entry = reader_.next(limits_.entries);
      if (!entry) {
        return tl::unexpected(entry.error());
      }
      if (!*entry) {
        break;
      }
      if (auto taken = take(**entry); !taken) {
        return tl::unexpected(taken.error());
      }
    }
    if (at_root_ + in_folders_ > 1 && at_root_ != 1) {
      return bad_layer(ErrorCode::Refused,
                       "plugin.wasm is there " + std::to_string(at_root_ + in_folders_) + " times");
    }
    return std::move(files_);
  }

 private:
  Result<void> take(const TarEntry& entry) {
    const std::string& path = entry.path;
    if (entry.regular && entry.declared > limits_.unpacked_bytes) {
      return bad_layer(ErrorCode::LimitExceeded,
                       "entry " + path + " claims " + std::to_string(entry.declared) + " bytes");
    }
    if (base_name(path) == "plugin.wasm") {
      return take_module(path, entry.regular);
    }
    if (entry.regular && (path == "spec.yaml" || path == "README.md") &&
        entry.declared <= limits_.document_bytes) {
      return take_document(path == "spec.yaml" ? files_.spec : files_.readme, path);
    }
    return {};  // skipped by the next header; the archive is plain bytes in memory, so skipping
                // costs nothing
  }

  Result<void> take_module(const std::string& path, bool regular) {
    if (!regular) {
      return bad_layer(ErrorCode::Refused, path + " is not a regular file");
    }
    const bool root = path == "plugin.wasm";
    if (root && ++at_root_ > 1) {
      return bad_layer(ErrorCode::Refused, "plugin.wasm is there twice");
    }
    in_folders_ += root ? 0 : 1;
    if (!root && at_root_ > 0) {
      return {};
    }
    auto data = reader_.data(path, limits_.module_bytes);
    if (!data) {
      return tl::unexpected(data.error());
    }
    files_.module = std::move(*data);
    return {};
  }

  Result<void> take_document(std::string& out, const std::string& path) {
    auto data = reader_.data(path, limits_.document_bytes);
    if (!data) {
      return tl::unexpected(data.error());
    }
    out = std::move(*data);
    return {};
  }

  TarReader& reader_;
  const LayerLimits& limits_;
  LayerFiles files_;
  size_t at_root_ = 0;
  size_t in_folders_ = 0;
};

}  // namespace

Result<LayerFiles> read_layer(std::string_view bytes, const LayerLimits& limits) {
  std::string storage;
  auto tar = unpack(bytes, limits, storage);
  if (!tar) {
    return tl::unexpected(tar.error());
  }
  auto reader = TarReader::open(*tar, kWhat);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  return LayerScan(*reader, limits).run();
}

}  // namespace wasmgate::oci
