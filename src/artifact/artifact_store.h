#pragma once
// The one entry to plug-in code: an address in, checked module bytes out. Knows where code may lie
// (file, http, https, oci; the preload folder first), when to ask the network (pull policy), what
// to compare (digests, signatures), what to keep, and when to leave a broken address alone for a
// while. Never gives bytes that were not checked.

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "artifact/credential_source.h"
#include "artifact/disk_cache.h"
#include "artifact/image_module.h"
#include "artifact/plugin_file.h"
#include "artifact/registry_client.h"
#include "artifact/web_client.h"
#include "base/clock.h"
#include "base/log.h"
#include "oci/layer_reader.h"

namespace wasmgate::artifact {

enum class Pull : uint8_t { Unspecified, IfNotPresent, Always };

struct PluginRequest {
  std::string url;     // as written in the resource
  std::string file;    // file:// urls: the resolved path; else empty
  std::string sha256;  // oci: of the manifest; else of the module's bytes; empty: not pinned
  Pull pull = Pull::Unspecified;
  std::string
      pull_credentials;  // text of a dockerconfigjson secret; empty: the store's own credentials
  std::string verification_key;  // PEM, one or more; empty: signatures are not asked for
  size_t module_bytes = 16ULL * 1024 * 1024;
};

struct StoreOptions {
  std::string folder;          // of the cache
  std::string preload_folder;  // image layout, asked before any registry; empty: none
  CacheLimits cache;
  WebOptions web;
  RegistryOptions registry;
  oci::LayerLimits layers;
  std::chrono::milliseconds first_back_off{
      10'000};  // after a failure that would repeat; doubled each time
  std::chrono::milliseconds longest_back_off{600'000};
};

class ArtifactStore {
 public:
  /// All arguments outlive the store; Errors: those of DiskCache::open.
  static Result<std::unique_ptr<ArtifactStore>> open(StoreOptions options, Fetcher& fetcher,
                                                     CredentialSource& credentials,
                                                     Sleeper& sleeper, const Clock& clock,
                                                     Logger& logger);

  /// Fetches, checks, and gives the code, without sections of precompiled code (digests are over
  /// what was fetched). Blocks. Thread: one at a time.
  /// Errors: NotFound; Refused (credentials, plain http, addresses, files); Corrupt (digest:
  /// the message says what was compared); Malformed (layers, no WebAssembly); Unverified;
  /// LimitExceeded; Timeout and Unavailable (retryable); InvalidArgument, Unsupported (address,
  /// key); Protocol (a registry's answer).
  Result<PluginCode> get(const PluginRequest& request);

  /// The settings that a configuration can change: hosts for plain http, mirrors, the preload
  /// folder.
  void set_options(std::vector<std::string> insecure_hosts,
                   std::map<std::string, std::string> mirrors, std::string preload_folder);

  /// What was given since the last call is in use; while an address fails, also what was in use
  /// before. The rest may be removed when over the limits. Call it when a generation serves.
  void keep_used();

  /// While it is on, something else waits for get(): it tries nothing twice and ends where nothing
  /// comes; such an address waits like any that failed. Thread: any.
  void hurry(bool on);

  /// How long until a failed address is asked again; nothing when no address waits.
  std::optional<std::chrono::milliseconds> next_retry() const;

 private:
  struct Failed {
    Error error;
    MonotonicTime until;
    std::chrono::milliseconds wait;
  };
  struct Record {
    oci::Digest top;       // what the reference led to: the manifest, or the index that has it
    oci::Digest manifest;  // images
    oci::Digest blob;      // the layer, or the module itself
    std::string signer;
  };

  ArtifactStore(StoreOptions options, std::unique_ptr<DiskCache> cache, Fetcher& fetcher,
                CredentialSource& credentials, Sleeper& sleeper, const Clock& clock,
                Logger& logger);

  Result<PluginCode> get_now(const PluginRequest& request, const std::string& key);
  Result<PluginCode> get_image(const PluginRequest& request, const std::string& key);
  Result<PluginCode> get_web(const PluginRequest& request, const std::string& key);
  Result<PluginCode> pull_image(const PluginRequest& request, const oci::Reference& reference,
                                ImageEnd& end, RegistryClient* registry, const std::string& key);
  Result<PluginCode> from_preload(const PluginRequest& request, const oci::Reference& reference,
                                  const std::string& key);
  Result<PluginCode> from_cache(const PluginRequest& request, const std::string& key,
                                const std::string& where);
  Result<PluginCode> open_layers(const PluginRequest& request, const oci::Reference& reference,
                                 const oci::Manifest& manifest, const BlobReader& blob,
                                 Record& record);
  Result<std::string> cached_blob(const oci::Reference& reference,
                                  const oci::Descriptor& descriptor, ImageEnd& end,
                                  RegistryClient* registry);
  Result<std::string> signer_of(const PluginRequest& request, const oci::Reference& reference,
                                const oci::Digest& digest, ImageEnd& end);
  Result<Record> read_record(const std::string& key);
  void write_record(const std::string& key, const std::string& where, const Record& record);
  void remember_failure(const std::string& key, const Error& error);
  void mark_used(const std::string& key, const Record& record);
  void forget_fetched(const Error& why);

  StoreOptions options_;
  std::unique_ptr<DiskCache> cache_;
  Fetcher& fetcher_;
  CredentialSource& credentials_;
  Sleeper& sleeper_;
  const Clock& clock_;
  Logger& logger_;
  std::map<std::string, Failed> failed_;
  std::set<std::string> used_;        // digests and record keys, since the last keep_used
  std::set<std::string> in_use_;      // as of the last keep_used
  std::set<std::string> asked_;       // keys, since the last keep_used
  std::vector<oci::Digest> fetched_;  // blobs new to the cache, of the call in progress
};

}  // namespace wasmgate::artifact
