#include "oci/tar_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>

#include "base/log.h"

namespace wasmgate::oci {
namespace {

struct CloseArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using ArchivePointer = std::unique_ptr<archive, CloseArchive>;

tl::unexpected<Error> bad_tar(ErrorCode code, const std::string& what) {
  return fail(code, what, ErrorSource::Upstream);
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
      return bad_tar(ErrorCode::Malformed, what + ": " + text_of(a));
    }
    if (offset != static_cast<la_int64_t>(out.size())) {
      return bad_tar(ErrorCode::Refused, what + " is a sparse file");
    }
    if (size > limit - out.size()) {
      return bad_tar(ErrorCode::LimitExceeded,
                     what + " is larger than " + std::to_string(limit) + " bytes");
    }
    out.append(static_cast<const char*>(block), size);
  }
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

}  // namespace

struct TarReader::State {
  ArchivePointer archive{archive_read_new()};
  std::string what;
  size_t entries = 0;
};

TarReader::TarReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarReader::TarReader(TarReader&&) noexcept = default;
TarReader::~TarReader() = default;

Result<TarReader> TarReader::open(std::string_view tar, std::string what) {
  auto state = std::make_unique<State>();
  state->what = std::move(what);
  archive* a = state->archive.get();
  archive_read_support_format_tar(a);
  if (archive_read_open_memory(a, tar.data(), tar.size()) != ARCHIVE_OK) {
    return bad_tar(ErrorCode::Malformed, state->what + ": not a tar archive: " + text_of(a));
  }
  return TarReader(std::move(state));
}

Result<std::optional<TarEntry>> TarReader::next(size_t entries) {
  archive* a = state_->archive.get();
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(a, &entry);
  if (result == ARCHIVE_EOF) {
    return std::nullopt;
  }
  if (result != ARCHIVE_OK) {
    return bad_tar(ErrorCode::Malformed, state_->what + ": not a sound tar archive: " + text_of(a));
  }
  if (++state_->entries > entries) {
    return bad_tar(ErrorCode::LimitExceeded,
                   state_->what + ": more than " + std::to_string(entries) + " entries");
  }
  const char* name = archive_entry_pathname(entry);
  auto path = clean_path(name);
  if (!path) {
    return bad_tar(ErrorCode::Refused,
                   state_->what + ": entry \"" + escape_control(name != nullptr ? name : "") +
                       "\": absolute paths, \"..\" and control bytes are refused");
  }
  TarEntry out;
  out.path = std::move(*path);
  out.regular =
      archive_entry_hardlink(entry) == nullptr && archive_entry_filetype(entry) == AE_IFREG;
  const la_int64_t declared = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
  out.declared = static_cast<uint64_t>(std::max<la_int64_t>(declared, 0));
  return out;
}

Result<std::string> TarReader::data(const std::string& path, size_t limit) {
  return read_data(state_->archive.get(), limit, state_->what + ": " + path);
}

Result<std::string> unpack_zstd(std::string_view bytes, size_t limit, const std::string& what) {
  const ArchivePointer a(archive_read_new());
  archive_read_support_filter_zstd(a.get());
  archive_read_support_format_raw(a.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(a.get(), &entry) != ARCHIVE_OK) {
    return bad_tar(ErrorCode::Malformed, what + ": zstd data: " + text_of(a.get()));
  }
  auto out = read_data(a.get(), limit, "the unpacked layer");
  if (!out && out.error().code == ErrorCode::LimitExceeded) {
    return bad_tar(ErrorCode::LimitExceeded, what + ": unpacks to more than " +
                                                 std::to_string(limit) + " bytes (" +
                                                 std::to_string(bytes.size()) + " packed)");
  }
  return out;
}

}  // namespace wasmgate::oci
