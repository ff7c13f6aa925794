#include "cli/keys.h"

#include "artifact/file_io.h"

namespace wasmgate::cli {
namespace {

constexpr size_t kKeyBytes = 1024 * 1024;

template <class Key>
Result<Key> with_file(Result<Key> key, const std::string& file) {
  return key ? std::move(key)
             : fail(key.error().code, file + ": " + key.error().detail, key.error().source);
}

}  // namespace

Result<artifact::PrivateKey> read_private_key(const std::string& file) {
  auto text = artifact::read_whole_file(file, kKeyBytes);
  return text ? with_file(artifact::PrivateKey::parse(*text), file) : tl::unexpected(text.error());
}

Result<std::vector<artifact::PublicKey>> read_public_keys(const std::string& file) {
  auto text = artifact::read_whole_file(file, kKeyBytes);
  return text ? with_file(artifact::PublicKey::parse_all(*text), file)
              : tl::unexpected(text.error());
}

}  // namespace wasmgate::cli
