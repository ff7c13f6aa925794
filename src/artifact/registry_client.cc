#include "artifact/registry_client.h"

#include "oci/address_class.h"
#include "oci/media_types.h"

namespace wasmgate::artifact {
namespace {

constexpr size_t kAnswerBytes = 1024 * 1024;

// Collects a body in memory while hashing it.
class MemorySink final : public WebSink {
 public:
  Result<void> begin() override {
    bytes_.clear();
    return {};
  }
  Result<void> add(std::string_view part) override {
    bytes_.append(part);
    return {};
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Counts what goes by.
class SizeSink final : public WebSink {
 public:
  explicit SizeSink(WebSink& inner) : inner_(inner) {}
  Result<void> begin() override {
    size_ = 0;
    return inner_.begin();
  }
  Result<void> add(std::string_view part) override {
    size_ += part.size();
    return inner_.add(part);
  }
  uint64_t size() const { return size_; }

 private:
  WebSink& inner_;
  uint64_t size_ = 0;
};

bool is_local_peer(const std::string& peer) {
  const auto kind = oci::classify_address(peer);
  return kind != oci::AddressClass::Public && kind != oci::AddressClass::NotAnAddress;
}

tl::unexpected<Error> refused_status(const WebResponse& answer, const std::string& what) {
  return tl::unexpected(oci::status_error(answer.head.status, answer.body, what));
}

}  // namespace

RegistryClient::RegistryClient(WebClient& web, CredentialSource& credentials, const Clock& clock,
                               RegistryOptions options)
    : web_(web), credentials_(credentials), clock_(clock), options_(std::move(options)) {}

std::vector<std::string> RegistryClient::hosts_for(const oci::Reference& reference) const {
  std::vector<std::string> out;
  if (const auto mirror = options_.mirrors.find(reference.host); mirror != options_.mirrors.end()) {
    out.push_back(mirror->second);
  }
  out.push_back(reference.host);
  return out;
}

// Asks the mirror, then the registry; the registry's error is the one that is told.
template <class Ask>
auto RegistryClient::from_first(const oci::Reference& reference, Ask&& ask) {
  const auto hosts = hosts_for(reference);
  for (size_t i = 0; i + 1 < hosts.size(); ++i) {
    if (auto answer = ask(hosts[i])) {
      return answer;
    }
  }
  return ask(hosts.back());
}

Result<WebRequest> RegistryClient::request_to(const std::string& host, std::string method,
                                              std::string target) const {
  const std::string endpoint = oci::endpoint_of(host);
  auto url = oci::parse_url(web_.scheme_for(endpoint) + "://" + endpoint + target);
  if (!url) {
    return tl::unexpected(url.error());
  }
  WebRequest out;
  out.method = std::move(method);
  out.url = std::move(*url);
  out.limit_bytes = kAnswerBytes;
  return out;
}

Result<WebResponse> RegistryClient::call(const std::string& host, WebRequest request,
                                         const std::string& repository, const std::string& scope,
                                         WebSink* sink) {
  const std::string key = host + " " + scope;
  const auto held = held_.find(key);
  if (held != held_.end() && held->second.until > clock_.now()) {
    request.authorization = held->second.authorization;
  }
  auto answer = web_.send(request, sink);
  if (!answer || answer->head.status != 401) {
    return answer;
  }
  std::chrono::seconds lifetime{0};
  auto authorization = authenticate(host, *answer, repository, scope, lifetime);
  if (!authorization) {
    return tl::unexpected(authorization.error());
  }
  request.authorization = *authorization;
  answer = web_.send(request, sink);
  if (answer && answer->head.status != 401) {
    held_[key] = {*authorization, clock_.now() + lifetime * 9 / 10};
  } else {
    held_.erase(key);
  }
  return answer;
}

Result<std::string> RegistryClient::authenticate(const std::string& host, const WebResponse& answer,
                                                 const std::string& repository,
                                                 const std::string& scope,
                                                 std::chrono::seconds& lifetime) {
  const auto challenge = oci::choose_challenge(answer.head.all("www-authenticate"));
  if (!challenge) {
    return fail(
        ErrorCode::Refused,
        host + ": the registry answered 401 without a challenge that is known (Bearer, Basic)",
        ErrorSource::Upstream);
  }
  auto credentials = credentials_.find(host, repository);
  if (!credentials) {
    return tl::unexpected(credentials.error());
  }
  if (challenge->scheme == "basic") {
    if (credentials->empty()) {
      return fail(ErrorCode::Refused,
                  host +
                      ": the registry wants a user and a password; there are none for it (wasmgate "
                      "login, imagePullSecret)",
                  ErrorSource::Upstream);
    }
    lifetime = std::chrono::seconds(3600);
    return oci::basic_authorization(*credentials);
  }
  auto token_request = oci::make_token_request(*challenge, scope, *credentials);
  if (!token_request) {
    return tl::unexpected(token_request.error());
  }
  const auto registry = request_to(host, "GET", "/");
  if (!registry) {
    return tl::unexpected(registry.error());
  }
  const bool local = is_local_peer(answer.head.peer) || oci::is_local_registry(registry->url);
  if (auto good = oci::check_realm(token_request->url, registry->url, !credentials->empty(),
                                   options_.trusted_realms, local);
      !good) {
    return tl::unexpected(good.error());
  }
  WebRequest request;
  request.method = token_request->method;
  request.url = token_request->url;
  request.authorization = token_request->authorization;
  request.body = token_request->form;
  request.limit_bytes = kAnswerBytes;
  request.addresses = local ? AddressRule::NoLinkLocal : AddressRule::PublicOnly;
  if (!token_request->form.empty()) {
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  }
  auto token_answer = web_.send(request);
  if (!token_answer) {
    return tl::unexpected(token_answer.error());
  }
  if (token_answer->head.status != 200) {
    return refused_status(*token_answer, host + ": token from " + request.url.authority());
  }
  auto token = oci::read_token_response(token_answer->body);
  if (!token) {
    return tl::unexpected(token.error());
  }
  lifetime = token->lifetime;
  return "Bearer " + token->value;
}

Result<FetchedManifest> RegistryClient::manifest(const oci::Reference& reference) {
  return from_first(reference, [&](const std::string& host) -> Result<FetchedManifest> {
    auto request = request_to(host, "GET", oci::manifest_path(reference));
    if (!request) {
      return tl::unexpected(request.error());
    }
    request->limit_bytes = oci::kManifestBytes;
    request->headers.emplace_back("Accept", oci::manifest_accept());
    auto answer = call(host, std::move(*request), reference.repository,
                       oci::scope_of(reference, oci::Access::Pull));
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    if (answer->head.status != 200) {
      return refused_status(*answer, reference.to_string());
    }
    FetchedManifest out{std::move(answer->body), answer->head.header("content-type"), {}};
    out.digest = oci::digest_of(out.text);
    const std::string told = answer->head.header("docker-content-digest");
    const std::string wanted = reference.digest              ? reference.digest->to_string()
                               : told.starts_with("sha256:") ? told
                                                             : "";
    if (!wanted.empty() && wanted != out.digest.to_string()) {
      return fail(ErrorCode::Corrupt,
                  reference.to_string() + ": sha256 of the manifest is " + out.digest.hex +
                      ", expected " + wanted,
                  ErrorSource::Upstream);
    }
    return out;
  });
}

Result<void> RegistryClient::blob_into(const oci::Reference& reference,
                                       const oci::Descriptor& descriptor, WebSink& sink) {
  if (descriptor.size > options_.blob_bytes) {
    return fail(ErrorCode::LimitExceeded,
                reference.to_string() + ": a blob of " + std::to_string(descriptor.size) +
                    " bytes; the limit is " + std::to_string(options_.blob_bytes),
                ErrorSource::Upstream);
  }
  return from_first(reference, [&](const std::string& host) -> Result<void> {
    auto request = request_to(host, "GET", oci::blob_path(reference, descriptor.digest));
    if (!request) {
      return tl::unexpected(request.error());
    }
    request->limit_bytes = descriptor.size;
    SizeSink counted(sink);
    auto answer = call(host, std::move(*request), reference.repository,
                       oci::scope_of(reference, oci::Access::Pull), &counted);
    if (!answer) {
      if (answer.error().code == ErrorCode::LimitExceeded) {
        return fail(ErrorCode::Corrupt,
                    reference.to_string() + ": blob " + descriptor.digest.to_string() +
                        " has more than the " + std::to_string(descriptor.size) +
                        " bytes that the manifest says",
                    ErrorSource::Upstream);
      }
      return tl::unexpected(answer.error());
    }
    if (answer->head.status != 200) {
      return refused_status(*answer,
                            reference.to_string() + ": blob " + descriptor.digest.to_string());
    }
    if (counted.size() != descriptor.size) {
      return fail(ErrorCode::Corrupt,
                  reference.to_string() + ": blob " + descriptor.digest.to_string() + " has " +
                      std::to_string(counted.size()) + " bytes, the manifest says " +
                      std::to_string(descriptor.size),
                  ErrorSource::Upstream);
    }
    return {};
  });
}

Result<std::string> RegistryClient::blob(const oci::Reference& reference,
                                         const oci::Descriptor& descriptor) {
  MemorySink sink;
  if (auto fetched = blob_into(reference, descriptor, sink); !fetched) {
    return tl::unexpected(fetched.error());
  }
  std::string bytes = sink.take();
  if (const oci::Digest digest = oci::digest_of(bytes); digest != descriptor.digest) {
    return fail(ErrorCode::Corrupt,
                reference.to_string() + ": sha256 of a blob is " + digest.hex +
                    ", the manifest says " + descriptor.digest.hex,
                ErrorSource::Upstream);
  }
  return bytes;
}

Result<bool> RegistryClient::has_blob(const oci::Reference& reference,
                                      const oci::Descriptor& descriptor) {
  auto request = request_to(reference.host, "HEAD", oci::blob_path(reference, descriptor.digest));
  if (!request) {
    return tl::unexpected(request.error());
  }
  auto answer = call(reference.host, std::move(*request), reference.repository,
                     oci::scope_of(reference, oci::Access::Push));
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->head.status == 200 || answer->head.status == 404) {
    return answer->head.status == 200;
  }
  return refused_status(*answer, reference.to_string());
}

Result<void> RegistryClient::put_blob(const oci::Reference& reference,
                                      const oci::Descriptor& descriptor, std::string_view bytes) {
  const std::string scope = oci::scope_of(reference, oci::Access::Push);
  auto begin = request_to(reference.host, "POST", oci::upload_path(reference));
  if (!begin) {
    return tl::unexpected(begin.error());
  }
  auto begun = call(reference.host, *begin, reference.repository, scope);
  if (!begun) {
    return tl::unexpected(begun.error());
  }
  if (begun->head.status != 202) {
    return refused_status(*begun, reference.to_string() + ": upload");
  }
  auto location = oci::resolve_location(begun->url, begun->head.header("location"));
  if (!location) {
    return fail(ErrorCode::Protocol, reference.to_string() + ": upload: " + location.error().detail,
                ErrorSource::Upstream);
  }
  if (!location->same_origin(begin->url)) {
    return fail(
        ErrorCode::Refused,
        reference.to_string() + ": the upload was sent to another host, " + location->authority(),
        ErrorSource::Upstream);
  }
  WebRequest end;
  end.method = "PUT";
  end.url = *location;
  end.url.target = oci::upload_target(*location, descriptor.digest);
  end.headers.emplace_back("Content-Type", "application/octet-stream");
  end.body = bytes;
  auto ended = call(reference.host, std::move(end), reference.repository, scope);
  if (!ended) {
    return tl::unexpected(ended.error());
  }
  if (ended->head.status != 201) {
    return refused_status(*ended,
                          reference.to_string() + ": upload of " + descriptor.digest.to_string());
  }
  return {};
}

Result<void> RegistryClient::put_manifest(const oci::Reference& reference,
                                          const FetchedManifest& manifest) {
  oci::Reference target = reference;
  target.digest.reset();
  if (reference.tag.empty()) {
    target = reference.at(manifest.digest);
  }
  auto request = request_to(reference.host, "PUT", oci::manifest_path(target));
  if (!request) {
    return tl::unexpected(request.error());
  }
  request->headers.emplace_back("Content-Type", manifest.media_type);
  request->body = manifest.text;
  auto answer = call(reference.host, std::move(*request), reference.repository,
                     oci::scope_of(reference, oci::Access::Push));
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->head.status != 201) {
    return refused_status(*answer, target.to_string() + ": manifest");
  }
  return {};
}

Result<void> RegistryClient::check_login(const std::string& host) {
  auto request = request_to(host, "GET", "/v2/");
  if (!request) {
    return tl::unexpected(request.error());
  }
  auto answer = call(host, std::move(*request), "", "");
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  if (answer->head.status != 200) {
    return refused_status(*answer, host);
  }
  return {};
}

}  // namespace wasmgate::artifact
