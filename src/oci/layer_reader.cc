#include "oci/layer_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "oci/gzip.h"

namespace wasmgate::oci {
namespace {

struct CloseArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using ArchivePointer = std::unique_ptr<archive, CloseArchive>;

tl::unexpected<Error> bad(ErrorCode code, const std::string& what) {
  return fail(code, "layer: " + what, ErrorSource::Upstream);
}

std::string text_of(archive* a) {
  const char* text = archive_error_string(a);
  return text != nullptr ? escape_control(text) : "damaged";
}

// The data of the current entry, at most `limit` bytes of it. A hole (sparse file) is refused.
Result<std::string> read_data(archive* a, size_t limit, const std::string& what) {
  std::string out;
  while (true) {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(a, &block, &size, &offset);
    if (result == ARCHIVE_EOF) {
      return out;
    }
    if (result != ARCHIVE_OK) {
      return bad(ErrorCode::Corrupt, what + ": " + text_of(a));
    }
    if (offset != static_cast<la_int64_t>(out.size())) {
      return bad(ErrorCode::Refused, what + " is a sparse file");
    }
    if (size > limit - out.size()) {
      return bad(ErrorCode::LimitExceeded,
                 what + " is larger than " + std::to_string(limit) + " bytes");
    }
    out.append(static_cast<const char*>(block), size);
  }
}

Result<std::string> unpack_zstd(std::string_view bytes, size_t limit) {
  const ArchivePointer a(archive_read_new());
  archive_read_support_filter_zstd(a.get());
  archive_read_support_format_raw(a.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(a.get(), &entry) != ARCHIVE_OK) {
    return bad(ErrorCode::Corrupt, "zstd data: " + text_of(a.get()));
  }
  auto out = read_data(a.get(), limit, "the unpacked layer");
  if (!out && out.error().code == ErrorCode::LimitExceeded) {
    return bad(ErrorCode::LimitExceeded, "unpacks to more than " + std::to_string(limit) +
                                             " bytes (" + std::to_string(bytes.size()) +
                                             " packed)");
  }
  return out;
}

// The archive as plain tar. Empty view in `storage`'s place when it was plain already.
Result<std::string_view> unpack(std::string_view bytes, const LayerLimits& limits,
                                std::string& storage) {
  const bool gzip = bytes.starts_with("\x1F\x8B");
  const bool zstd = bytes.starts_with("\x28\xB5\x2F\xFD");
  if (!gzip && !zstd) {
    if (bytes.size() > limits.unpacked_bytes) {
      return bad(ErrorCode::LimitExceeded,
                 "larger than " + std::to_string(limits.unpacked_bytes) + " bytes");
    }
    return bytes;
  }
  const size_t cap = std::min(limits.unpacked_bytes,
                              std::max(limits.ratio_free_bytes, bytes.size() * limits.ratio));
  auto unpacked = gzip ? gzip_unpack(bytes, cap) : unpack_zstd(bytes, cap);
  if (!unpacked) {
    return tl::unexpected(unpacked.error());
  }
  storage = std::move(*unpacked);
  return std::string_view(storage);
}

// "./a//b" → "a/b"; nothing for absolute paths, "..", and NUL or other control bytes.
std::optional<std::string> clean_path(const char* path) {
  if (path == nullptr || *path == '/' || *path == '\0') {
    return std::nullopt;
  }
  std::string out;
  std::string_view rest(path);
  while (!rest.empty()) {
    const size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (part == "..") {
      return std::nullopt;
    }
    if (part.empty() || part == ".") {
      continue;
    }
    out.append(out.empty() ? "" : "/").append(part);
  }
  const bool clean = std::none_of(out.begin(), out.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  return clean ? std::optional(out) : std::nullopt;
}

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

class LayerScan {
 public:
  LayerScan(archive* a, const LayerLimits& limits) : archive_(a), limits_(limits) {}

  Result<LayerFiles> run() {
    size_t entries = 0;
    while (true) {
      archive_entry* entry = nullptr;
      const int result = archive_read_next_header(archive_, &entry);
      if (result == ARCHIVE_EOF) {
        break;
      }
      if (result != ARCHIVE_OK) {
        return bad(ErrorCode::Corrupt, "not a sound tar archive: " + text_of(archive_));
      }
      if (++entries > limits_.entries) {
        return bad(ErrorCode::LimitExceeded,
                   "more than " + std::to_string(limits_.entries) + " entries");
      }
      if (auto taken = take(entry); !taken) {
        return tl::unexpected(taken.error());
      }
    }
    if (at_root_ + in_folders_ > 1 && at_root_ != 1) {
      return bad(ErrorCode::Refused,
                 "plugin.wasm is there " + std::to_string(at_root_ + in_folders_) + " times");
    }
    return std::move(files_);
  }

 private:
  Result<void> take(archive_entry* entry) {
    const auto path = clean_path(archive_entry_pathname(entry));
    if (!path) {
      const char* name = archive_entry_pathname(entry);
      return bad(ErrorCode::Refused,
                 "entry \"" + escape_control(name != nullptr ? name : "") +
                     "\": absolute paths, \"..\" and control bytes are refused");
    }
    const bool link = archive_entry_hardlink(entry) != nullptr;
    const bool regular = !link && archive_entry_filetype(entry) == AE_IFREG;
    const std::string_view name = base_name(*path);
    const la_int64_t declared =
        archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
    if (regular && declared > static_cast<la_int64_t>(limits_.unpacked_bytes)) {
      return bad(ErrorCode::LimitExceeded,
                 "entry " + *path + " claims " + std::to_string(declared) + " bytes");
    }
    if (name == "plugin.wasm") {
      return take_module(*path, regular);
    }
    if (regular && (*path == "spec.yaml" || *path == "README.md") &&
        declared <= static_cast<la_int64_t>(limits_.document_bytes)) {
      return take_document(*path == "spec.yaml" ? files_.spec : files_.readme, *path);
    }
    return {};  // skipped by the next header; the archive is plain bytes in memory, so skipping
                // costs nothing
  }

  Result<void> take_module(const std::string& path, bool regular) {
    if (!regular) {
      return bad(ErrorCode::Refused, path + " is not a regular file");
    }
    const bool root = path == "plugin.wasm";
    if (root && ++at_root_ > 1) {
      return bad(ErrorCode::Refused, "plugin.wasm is there twice");
    }
    in_folders_ += root ? 0 : 1;
    if (!root && at_root_ > 0) {
      return {};
    }
    auto data = read_data(archive_, limits_.module_bytes, path);
    if (!data) {
      return tl::unexpected(data.error());
    }
    files_.module = std::move(*data);
    return {};
  }

  Result<void> take_document(std::string& out, const std::string& path) {
    auto data = read_data(archive_, limits_.document_bytes, path);
    if (!data) {
      return tl::unexpected(data.error());
    }
    out = std::move(*data);
    return {};
  }

  archive* archive_;
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
  const ArchivePointer a(archive_read_new());
  archive_read_support_format_tar(a.get());
  if (archive_read_open_memory(a.get(), tar->data(), tar->size()) != ARCHIVE_OK) {
    return bad(ErrorCode::Corrupt, "not a tar archive: " + text_of(a.get()));
  }
  return LayerScan(a.get(), limits).run();
}

}  // namespace wasmgate::oci
