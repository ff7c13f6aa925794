#include "artifact/artifact_store.h"

#include <algorithm>

#include "artifact/digest.h"
#include "artifact/image_transfer.h"
#include "artifact/layout_folder.h"
#include "artifact/precompiled_sections.h"
#include "oci/json.h"

namespace wasmgate::artifact {
namespace {

// What a failure of the network says nothing about: the copy we have is as good as it was.
bool is_network(const Error& error) {
  return error.code == ErrorCode::Unavailable || error.code == ErrorCode::Timeout;
}

std::string scheme_of(const std::string& url) {
  const size_t at = url.find("://");
  return at == std::string::npos ? "oci" : url.substr(0, at);
}

// Everything that decides what the answer may be. The secret's hash is in it, so that nobody gets
// from the cache what the registry would not give them; the keys are in it, so that a verification
// with other keys does not count.
std::string key_of(const PluginRequest& request) {
  std::string text = request.url;
  for (const std::string& part :
       {request.sha256, request.pull_credentials, request.verification_key}) {
    text += "\n" + (part.empty() ? "" : sha256_hex(part));
  }
  return sha256_hex(text);
}

// A digest that changes what is asked for: the resource's, or the reference's own.
Result<oci::Reference> pinned_reference(const PluginRequest& request) {
  auto reference = oci::parse_reference(request.url);
  if (!reference || request.sha256.empty()) {
    return reference;
  }
  if (reference->digest && reference->digest->hex != request.sha256) {
    return fail(
        ErrorCode::InvalidArgument,
        request.url +
            ": the digest in url and the sha256 of the resource differ (both name the manifest)",
        ErrorSource::Config);
  }
  reference->digest = oci::Digest{request.sha256};
  return reference;
}

}  // namespace

ArtifactStore::ArtifactStore(StoreOptions options, std::unique_ptr<DiskCache> cache,
                             Fetcher& fetcher, CredentialSource& credentials, Sleeper& sleeper,
                             const Clock& clock, Logger& logger)
    : options_(std::move(options)),
      cache_(std::move(cache)),
      fetcher_(fetcher),
      credentials_(credentials),
      sleeper_(sleeper),
      clock_(clock),
      logger_(logger) {}

Result<std::unique_ptr<ArtifactStore>> ArtifactStore::open(StoreOptions options, Fetcher& fetcher,
                                                           CredentialSource& credentials,
                                                           Sleeper& sleeper, const Clock& clock,
                                                           Logger& logger) {
  auto cache = DiskCache::open(options.folder, options.cache);
  if (!cache) {
    return tl::unexpected(cache.error());
  }
  return std::unique_ptr<ArtifactStore>(new ArtifactStore(
      std::move(options), std::move(*cache), fetcher, credentials, sleeper, clock, logger));
}

void ArtifactStore::set_options(std::vector<std::string> insecure_hosts,
                                std::map<std::string, std::string> mirrors,
                                std::string preload_folder) {
  const bool changed = insecure_hosts != options_.web.insecure_hosts ||
                       mirrors != options_.registry.mirrors ||
                       preload_folder != options_.preload_folder;
  options_.web.insecure_hosts = std::move(insecure_hosts);
  options_.registry.mirrors = std::move(mirrors);
  options_.preload_folder = std::move(preload_folder);
  if (changed) {
    failed_.clear();  // what failed may work with the new settings
  }
}

Result<PluginCode> ArtifactStore::get(const PluginRequest& request) {
  const std::string key = key_of(request);
  asked_.insert(key);
  if (const auto failed = failed_.find(key);
      failed != failed_.end() && clock_.now() < failed->second.until) {
    Error error = failed->second.error;
    const auto left =
        std::chrono::duration_cast<std::chrono::seconds>(failed->second.until - clock_.now());
    error.detail += " (asked again in " + std::to_string(left.count() + 1) + " s)";
    return tl::unexpected(std::move(error));
  }
  fetched_.clear();
  auto code = get_now(request, key);
  if (code) {
    failed_.erase(key);
    if (const size_t removed = strip_precompiled_sections(code->bytes); removed != 0) {
      logger_.warn("{}: {} section(s) with precompiled code left out; only WebAssembly is run",
                   code->resolved, removed);
    }
    return code;
  }
  if (request.file.empty()) {
    remember_failure(key, code.error());
    forget_fetched(code.error());
  }
  return code;
}

// Bytes may have the hash they should have and still be refused: nobody asks for them again. After
// a failure of the network the next try needs them.
void ArtifactStore::forget_fetched(const Error& why) {
  if (!is_network(why)) {
    for (const oci::Digest& digest : fetched_) {
      cache_->forget(digest);
    }
  }
}

void ArtifactStore::remember_failure(const std::string& key, const Error& error) {
  const auto known = failed_.find(key);
  const auto wait = known == failed_.end()
                        ? options_.first_back_off
                        : std::min(known->second.wait * 2, options_.longest_back_off);
  failed_[key] = {error, clock_.now() + wait, wait};
}

void ArtifactStore::hurry(bool on) {
  fetcher_.hurry(on);
  sleeper_.hurry(on);
}

std::optional<std::chrono::milliseconds> ArtifactStore::next_retry() const {
  std::optional<std::chrono::milliseconds> out;
  for (const auto& [key, failed] : failed_) {
    const auto left = std::max(
        std::chrono::milliseconds(0),
        std::chrono::duration_cast<std::chrono::milliseconds>(failed.until - clock_.now()));
    out = out ? std::min(*out, left) : left;
  }
  return out;
}

void ArtifactStore::keep_used() {
  std::erase_if(failed_, [&](const auto& item) { return !asked_.contains(item.first); });
  asked_.clear();
  // While something fails, what served before it may serve on.
  if (!failed_.empty()) {
    used_.insert(in_use_.begin(), in_use_.end());
  }
  in_use_ = std::exchange(used_, {});
  cache_->keep(in_use_);
}

void ArtifactStore::mark_used(const std::string& key, const Record& record) {
  used_.insert({key, record.manifest.hex, record.blob.hex});
}

Result<PluginCode> ArtifactStore::get_now(const PluginRequest& request, const std::string& key) {
  const std::string scheme = scheme_of(request.url);
  if (scheme == "file" || !request.file.empty()) {
    if (!request.verification_key.empty()) {
      return fail(
          ErrorCode::Unsupported,
          request.url + ": verificationKey needs an oci:// url; signatures stand beside images",
          ErrorSource::Config);
    }
    auto code = read_plugin_file(request.file, request.sha256, request.module_bytes);
    if (code) {
      code->resolved = request.file;
    }
    return code;
  }
  if (scheme == "oci") {
    return get_image(request, key);
  }
  if (scheme == "http" || scheme == "https") {
    return get_web(request, key);
  }
  return fail(ErrorCode::Unsupported,
              request.url + ": the scheme is none of file, oci, http, https", ErrorSource::Config);
}

Result<PluginCode> ArtifactStore::get_web(const PluginRequest& request, const std::string& key) {
  if (!request.verification_key.empty()) {
    return fail(
        ErrorCode::Unsupported,
        request.url + ": verificationKey needs an oci:// url; signatures stand beside images",
        ErrorSource::Config);
  }
  auto url = oci::parse_url(request.url);
  if (!url) {
    return tl::unexpected(url.error());
  }
  // Without a digest the content may change at any time, so the address is asked each time; the
  // copy only stands in for it.
  if (!request.sha256.empty()) {
    if (auto code = from_cache(request, key, request.url)) {
      return code;
    }
  }
  WebClient web(fetcher_, clock_, sleeper_, options_.web);
  WebRequest get;
  get.url = std::move(*url);
  get.limit_bytes = request.module_bytes;
  DiskCache::Download download(*cache_);
  auto answer = web.send(get, &download);
  Result<void> fetched;
  if (!answer) {
    fetched = tl::unexpected(answer.error());
  } else if (answer->head.status != 200) {
    fetched = tl::unexpected(oci::status_error(answer->head.status, "", request.url));
  }
  if (!fetched) {
    if (is_network(fetched.error())) {
      if (auto code = from_cache(request, key, request.url)) {
        code->note = fetched.error().detail + "; the copy fetched earlier is used";
        return code;
      }
    }
    return tl::unexpected(fetched.error());
  }
  const oci::Digest expected = request.sha256.empty() ? oci::Digest{} : oci::Digest{request.sha256};
  auto digest = download.commit(expected, request.url + ": sha256 of the module's bytes");
  if (!digest) {
    return tl::unexpected(digest.error());
  }
  fetched_.push_back(*digest);
  const Record record{{}, {}, *digest, ""};
  auto bytes = cache_->read(*digest, request.module_bytes);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  auto code =
      check_plugin_code(std::move(*bytes), request.sha256, request.module_bytes, request.url);
  if (code) {
    write_record(key, request.url, record);
    mark_used(key, record);
    code->resolved = request.url;
  }
  return code;
}

Result<PluginCode> ArtifactStore::get_image(const PluginRequest& request, const std::string& key) {
  auto reference = pinned_reference(request);
  if (!reference) {
    return tl::unexpected(reference.error());
  }
  if (!options_.preload_folder.empty()) {
    auto code = from_preload(request, *reference, key);
    if (code || code.error().code != ErrorCode::NotFound) {
      return code;
    }
  }
  const bool pinned = reference->digest.has_value();
  const bool always = !pinned && (request.pull == Pull::Always ||
                                  (request.pull == Pull::Unspecified && reference->moves()));
  if (!always) {
    if (auto code = from_cache(request, key, reference->to_string())) {
      return code;
    }
  }
  SecretCredentials secret(request.pull_credentials);
  CredentialSource& credentials = request.pull_credentials.empty() ? credentials_ : secret;
  WebOptions web_options = options_.web;
  if (always && read_record(key)) {
    web_options.limits.tries = 1;  // there is a copy to stand in: do not keep a start waiting
  }
  WebClient web(fetcher_, clock_, sleeper_, std::move(web_options));
  RegistryClient registry(web, credentials, clock_, options_.registry);
  auto code = pull_image(request, *reference, registry, &registry, key);
  if (!code && always && is_network(code.error())) {
    if (auto older = from_cache(request, key, reference->to_string())) {
      older->note = code.error().detail + "; the copy fetched earlier is used";
      return older;
    }
  }
  return code;
}

Result<PluginCode> ArtifactStore::from_preload(const PluginRequest& request,
                                               const oci::Reference& reference,
                                               const std::string& key) {
  LayoutFolder folder(options_.preload_folder);
  if (!folder.exists()) {
    return fail(ErrorCode::NotFound, options_.preload_folder + ": no image layout",
                ErrorSource::Config);
  }
  return pull_image(request, reference, folder, nullptr, key);
}

Result<std::string> ArtifactStore::cached_blob(const oci::Reference& reference,
                                               const oci::Descriptor& descriptor, ImageEnd& end,
                                               RegistryClient* registry) {
  if (registry == nullptr) {
    return end.blob(reference, descriptor);
  }
  if (auto known = cache_->read(descriptor.digest, options_.registry.blob_bytes)) {
    return known;
  }
  DiskCache::Download download(*cache_);
  if (auto fetched = registry->blob_into(reference, descriptor, download); !fetched) {
    return tl::unexpected(fetched.error());
  }
  if (auto named =
          download.commit(descriptor.digest, reference.to_string() + ": sha256 of a layer");
      !named) {
    return tl::unexpected(named.error());
  }
  fetched_.push_back(descriptor.digest);
  return cache_->read(descriptor.digest, options_.registry.blob_bytes);
}

Result<std::string> ArtifactStore::signer_of(const PluginRequest& request,
                                             const oci::Reference& reference,
                                             const oci::Digest& digest, ImageEnd& end) {
  if (request.verification_key.empty()) {
    return std::string();
  }
  auto keys = PublicKey::parse_all(request.verification_key);
  if (!keys) {
    return fail(keys.error().code, "verificationKey: " + keys.error().detail, ErrorSource::Config);
  }
  return verify_image(end, reference, digest, *keys);
}

Result<PluginCode> ArtifactStore::pull_image(const PluginRequest& request,
                                             const oci::Reference& reference, ImageEnd& end,
                                             RegistryClient* registry, const std::string& key) {
  auto manifest = end.manifest(reference);
  if (!manifest) {
    return tl::unexpected(manifest.error());
  }
  const oci::Digest top = manifest->digest;
  auto signer = signer_of(request, reference, top, end);
  if (!signer) {
    return tl::unexpected(signer.error());
  }
  auto image = resolve_image(end, reference, std::move(*manifest));
  if (!image) {
    return tl::unexpected(image.error());
  }
  Record record{top, image->document.digest, {}, *signer};
  auto code = open_layers(
      request, reference, image->manifest,
      [&](const oci::Descriptor& layer) { return cached_blob(reference, layer, end, registry); },
      record);
  if (!code) {
    return code;
  }
  code->manifest_digest = top.hex;
  code->signer = *signer;
  code->resolved = reference.at(top).to_string();
  if (registry != nullptr) {
    if (auto stored = cache_->store(image->document.text); !stored) {
      logger_.warn("plug-in cache: {}", stored.error().detail);
    } else {
      write_record(key, code->resolved, record);
      mark_used(key, record);
    }
  }
  return code;
}

// The module out of the layers. `record.blob` becomes the layer that had it.
Result<PluginCode> ArtifactStore::open_layers(const PluginRequest& request,
                                              const oci::Reference& reference,
                                              const oci::Manifest& manifest, const BlobReader& blob,
                                              Record& record) {
  oci::LayerLimits limits = options_.layers;
  limits.module_bytes = request.module_bytes;
  auto module = read_image_module(manifest, reference.to_string(), limits, blob);
  if (!module) {
    return tl::unexpected(module.error());
  }
  record.blob = module->blob;
  if (module->spec) {
    used_.insert(module->spec->hex);
  }
  return std::move(module->code);
}

Result<PluginCode> ArtifactStore::from_cache(const PluginRequest& request, const std::string& key,
                                             const std::string& where) {
  auto record = read_record(key);
  if (!record) {
    return tl::unexpected(record.error());
  }
  if (record->manifest.empty()) {
    auto bytes = cache_->read(record->blob, request.module_bytes);
    if (!bytes) {
      return tl::unexpected(bytes.error());
    }
    auto code = check_plugin_code(std::move(*bytes), request.sha256, request.module_bytes, where);
    if (code) {
      code->resolved = where;
      mark_used(key, *record);
    }
    return code;
  }
  auto text = cache_->read(record->manifest, oci::kManifestBytes);
  if (!text) {
    return tl::unexpected(text.error());
  }
  auto document = oci::read_document(*text, "");
  auto reference = pinned_reference(request);
  if (!document || !reference || !std::holds_alternative<oci::Manifest>(*document)) {
    return fail(ErrorCode::NotFound, where + ": not usable from the cache");
  }
  Record found = *record;
  auto code = open_layers(
      request, *reference, std::get<oci::Manifest>(*document),
      [&](const oci::Descriptor& layer) {
        return cache_->read(layer.digest, options_.registry.blob_bytes);
      },
      found);
  if (code) {
    code->signer = record->signer;
    code->manifest_digest = record->top.hex;
    code->resolved = reference->at(record->top).to_string();
    mark_used(key, found);
  }
  return code;
}

Result<ArtifactStore::Record> ArtifactStore::read_record(const std::string& key) {
  auto text = cache_->read_record(key);
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto root = oci::parse_json(*text);
  const std::string manifest = root ? oci::string_member(*root, "manifest").value_or("") : "";
  const std::string top = root ? oci::string_member(*root, "top").value_or("") : "";
  const std::string blob = root ? oci::string_member(*root, "blob").value_or("") : "";
  if (!is_sha256_hex(blob) ||
      (!manifest.empty() && (!is_sha256_hex(manifest) || !is_sha256_hex(top)))) {
    return fail(ErrorCode::NotFound, "record " + key + " is not readable");
  }
  return Record{{top}, {manifest}, {blob}, oci::string_member(*root, "signer").value_or("")};
}

void ArtifactStore::write_record(const std::string& key, const std::string& where,
                                 const Record& record) {
  const oci::Json root = {{"from", where},
                          {"top", record.top.hex},
                          {"manifest", record.manifest.hex},
                          {"blob", record.blob.hex},
                          {"signer", record.signer}};
  if (auto written = cache_->write_record(key, oci::to_text(root)); !written) {
    logger_.warn("plug-in cache: {}", written.error().detail);
  }
}

}  // namespace wasmgate::artifact
