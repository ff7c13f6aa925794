#include "artifact/disk_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "artifact/digest.h"

namespace wasmgate::artifact {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRecordBytes = 64 * 1024;

// A folder that others can write to would let them choose what we load.
Result<void> make_own_folder(const std::string& path) {
  if (auto made = make_folders(path, 0700); !made) {
    return made;
  }
  struct stat info{};
  const bool known = ::lstat(path.c_str(), &info) == 0;
  if (!known || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() ||
      (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorCode::Refused,
                path + ": must be a folder of this user that nobody else can write to",
                ErrorSource::Config);
  }
  return {};
}

void touch(const std::string& path) { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

struct Entry {
  std::string path;
  std::string name;
  uint64_t bytes = 0;
  fs::file_time_type used;
};

std::vector<Entry> entries_of(const std::string& folder) {
  std::vector<Entry> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    Entry entry{it->path().string(), it->path().filename().string(), 0, {}};
    std::error_code gone;
    entry.bytes = it->file_size(gone);
    entry.used = it->last_write_time(gone);
    if (!gone) {
      out.push_back(std::move(entry));
    }
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<DiskCache>> DiskCache::open(std::string folder, CacheLimits limits) {
  for (const std::string& path : {folder, folder + "/blobs", folder + "/records"}) {
    if (auto made = make_own_folder(path); !made) {
      return tl::unexpected(made.error());
    }
    for (const Entry& entry : entries_of(path)) {
      if (entry.name.starts_with(".part-")) {
        ::unlink(entry.path.c_str());
      }
    }
  }
  return std::unique_ptr<DiskCache>(new DiskCache(std::move(folder), limits));
}

Result<std::string> DiskCache::read(const oci::Digest& digest, size_t limit_bytes) {
  const std::string path = blob_path(digest.hex);
  auto bytes = read_own_file(path, limit_bytes);
  if (!bytes && bytes.error().code != ErrorCode::Refused) {
    return bytes;
  }
  if (!bytes || oci::digest_of(*bytes) != digest) {
    ::unlink(path.c_str());
    return fail(ErrorCode::NotFound, path + ": not as it was stored; removed",
                ErrorSource::Internal);
  }
  touch(path);
  return bytes;
}

Result<oci::Digest> DiskCache::store(std::string_view bytes) {
  oci::Digest digest = oci::digest_of(bytes);
  if (auto written = write_file(blob_path(digest.hex), bytes, 0600); !written) {
    return tl::unexpected(written.error());
  }
  return digest;
}

void DiskCache::forget(const oci::Digest& digest) {
  if (!in_use_.contains(digest.hex)) {
    ::unlink(blob_path(digest.hex).c_str());
  }
}

Result<std::string> DiskCache::read_record(const std::string& key) {
  auto text = read_own_file(record_path(key), kRecordBytes);
  if (!text) {
    return fail(ErrorCode::NotFound, text.error().detail, ErrorSource::Internal);
  }
  touch(record_path(key));
  return text;
}

Result<void> DiskCache::write_record(const std::string& key, std::string_view text) {
  return write_file(record_path(key), text, 0600);
}

void DiskCache::keep(std::set<std::string> in_use) {
  in_use_ = std::move(in_use);
  remove_over_limits();
}

void DiskCache::remove_over_limits() {
  std::vector<Entry> all = entries_of(folder_ + "/blobs");
  const std::vector<Entry> records = entries_of(folder_ + "/records");
  all.insert(all.end(), records.begin(), records.end());
  uint64_t bytes = 0;
  for (const Entry& entry : all) {
    bytes += entry.bytes;
  }
  size_t files = all.size();
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : all) {
    if (files <= limits_.files && bytes <= limits_.bytes) {
      return;
    }
    if (in_use_.contains(entry.name)) {
      continue;
    }
    ::unlink(entry.path.c_str());
    --files;
    bytes -= entry.bytes;
  }
}

Result<void> DiskCache::Download::begin() {
  hash_ = std::make_unique<oci::Sha256>();
  return part_.open(cache_.folder_ + "/blobs", 0600);
}

Result<void> DiskCache::Download::add(std::string_view bytes) {
  hash_->add(bytes);
  return part_.add(bytes);
}

Result<oci::Digest> DiskCache::Download::commit(const oci::Digest& expected,
                                                const std::string& what) {
  oci::Digest digest = hash_->finish();
  if (!expected.empty() && digest != expected) {
    return fail(ErrorCode::Corrupt, what + " is " + digest.hex + ", expected " + expected.hex,
                ErrorSource::Upstream);
  }
  if (auto named = part_.commit(cache_.blob_path(digest.hex)); !named) {
    return tl::unexpected(named.error());
  }
  return digest;
}

}  // namespace wasmgate::artifact
