#include "oci/auth_challenge.h"

#include <algorithm>

#include "oci/address_class.h"
#include "oci/base64.h"
#include "oci/json.h"

namespace wasmgate::oci {
namespace {

constexpr size_t kTokenBytes = 16 * 1024;

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// Reads the grammar from the front of a text. A scheme is a word that no "=" follows.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : rest_(text) {}

  Result<std::vector<Challenge>> run() {
    std::vector<Challenge> out;
    skip(" \t,");
    while (!rest_.empty()) {
      const std::string name = word();
      if (name.empty()) {
        return broken();
      }
      const std::string_view after_word = rest_;
      skip(" \t");
      if (!rest_.starts_with("=")) {
        out.push_back({lower(name), {}});
        rest_ = after_word;
        if (!token68()) {
          skip(" \t,");
        }
        continue;
      }
      rest_.remove_prefix(1);
      skip(" \t");
      std::string value;
      if (out.empty() || !value_of(value)) {
        return broken();
      }
      if (!out.back().parameters.emplace(lower(name), std::move(value)).second) {
        return broken();  // a parameter twice
      }
      skip(" \t,");
    }
    return out;
  }

 private:
  static tl::unexpected<Error> broken() {
    return fail(ErrorCode::Protocol, "WWW-Authenticate does not follow its grammar",
                ErrorSource::Upstream);
  }

  void skip(std::string_view set) {
    const size_t n = rest_.find_first_not_of(set);
    rest_.remove_prefix(n == std::string_view::npos ? rest_.size() : n);
  }

  std::string word() {
    size_t n = 0;
    while (n < rest_.size() && is_token_char(rest_[n])) {
      ++n;
    }
    std::string out(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return out;
  }

  // "Negotiate oYGe…==": one value without a name; passed over.
  bool token68() {
    std::string_view probe = rest_;
    probe.remove_prefix(std::min(probe.find_first_not_of(" \t"), probe.size()));
    size_t n = 0;
    while (n < probe.size() && (is_token_char(probe[n]) || probe[n] == '/')) {
      ++n;
    }
    size_t end = n;
    while (end < probe.size() && probe[end] == '=') {
      ++end;
    }
    const bool ends = end == probe.size() || probe[end] == ',';
    const bool one_word =
        n > 0 && ends && (end > n || probe.substr(0, n).find('/') != std::string_view::npos);
    if (one_word) {
      rest_ = probe.substr(end);
      skip(" \t,");
    }
    return one_word;
  }

  bool value_of(std::string& out) {
    if (!rest_.starts_with("\"")) {
      out = word();
      return !out.empty();
    }
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') {
        return true;
      }
      if (c == '\\') {
        if (rest_.empty()) {
          return false;
        }
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
        return false;
      }
      out.push_back(c);
    }
    return false;
  }

  std::string_view rest_;
};

bool is_local(AddressClass kind) {
  return kind != AddressClass::Public && kind != AddressClass::NotAnAddress;
}

// Hosts of one operator: equal, one under the other, or both directly under the same name of at
// least two labels ("auth.example.com" and "registry.example.com"). Two labels can be a public
// suffix ("co.uk"): then a third label must be shared.
bool related(const std::string& a, const std::string& b) {
  if (a == b || a.ends_with("." + b) || b.ends_with("." + a)) {
    return true;
  }
  const size_t dot_a = a.find('.');
  const size_t dot_b = b.find('.');
  if (dot_a == std::string::npos || dot_b == std::string::npos ||
      classify_host(a) != AddressClass::NotAnAddress) {
    return false;
  }
  const std::string parent = a.substr(dot_a + 1);
  const size_t inner = parent.find('.');
  const bool deep = inner != std::string::npos &&
                    (inner > 3 || std::count(parent.begin(), parent.end(), '.') > 1);
  return deep && parent == b.substr(dot_b + 1);
}

}  // namespace

Result<std::vector<Challenge>> parse_challenges(std::string_view value) {
  return ChallengeReader(value).run();
}

std::optional<Challenge> choose_challenge(const std::vector<std::string>& values) {
  std::optional<Challenge> basic;
  for (const std::string& value : values) {
    const auto challenges = parse_challenges(value);
    if (!challenges) {
      continue;
    }
    for (const Challenge& challenge : *challenges) {
      if (challenge.scheme == "bearer") {
        return challenge;
      }
      if (challenge.scheme == "basic" && !basic) {
        basic = challenge;
      }
    }
  }
  return basic;
}

std::string basic_authorization(const Credentials& credentials) {
  return "Basic " + base64_encode(credentials.username + ":" + credentials.password);
}

Result<TokenRequest> make_token_request(const Challenge& challenge, const std::string& scope,
                                        const Credentials& credentials) {
  const auto value = [&](const char* name) {
    const auto found = challenge.parameters.find(name);
    return found == challenge.parameters.end() ? std::string() : found->second;
  };
  auto realm = parse_url(value("realm"));
  if (!realm) {
    return fail(ErrorCode::Protocol, "the registry's token realm: " + realm.error().detail,
                ErrorSource::Upstream);
  }
  TokenRequest out;
  out.url = *realm;
  const std::string service = value("service");
  const std::string asked = value("scope").empty() ? scope : value("scope");
  if (!credentials.identity_token.empty()) {
    out.method = "POST";
    out.form = "grant_type=refresh_token&client_id=wasmgate&service=" + encode_query(service) +
               "&scope=" + encode_query(asked) +
               "&refresh_token=" + encode_query(credentials.identity_token);
    return out;
  }
  if (!service.empty()) {
    out.url.target = with_query(out.url.target, "service", service);
  }
  if (!asked.empty()) {
    out.url.target = with_query(out.url.target, "scope", asked);
  }
  if (!credentials.empty()) {
    out.authorization = basic_authorization(credentials);
  }
  return out;
}

Result<Token> read_token_response(std::string_view body) {
  const auto root = parse_json(body);
  if (!root) {
    return fail(ErrorCode::Protocol, "the token service's answer is no JSON",
                ErrorSource::Upstream);
  }
  Token out;
  out.value = string_member(*root, "token").value_or("");
  if (out.value.empty()) {
    out.value = string_member(*root, "access_token").value_or("");
  }
  const bool clean =
      std::all_of(out.value.begin(), out.value.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (out.value.empty() || out.value.size() > kTokenBytes || !clean) {
    return fail(ErrorCode::Protocol, "the token service gave no usable token",
                ErrorSource::Upstream);
  }
  if (const auto lifetime = number_member(*root, "expires_in")) {
    out.lifetime = std::chrono::seconds(std::clamp<uint64_t>(*lifetime, 60, 3600));
  }
  return out;
}

bool is_local_registry(const Url& registry) { return is_local(classify_host(registry.host)); }

Result<void> check_realm(const Url& realm, const Url& registry, bool with_credentials,
                         const std::vector<std::string>& trusted, bool registry_is_local) {
  const bool local_registry = registry_is_local || is_local_registry(registry);
  const std::string where = "token realm " + realm.scheme + "://" + realm.authority() +
                            " of registry " + registry.authority();
  if (realm.scheme == "http" && registry.scheme != "http") {
    return fail(ErrorCode::Refused, where + ": plain http is refused", ErrorSource::Upstream);
  }
  if (is_local(classify_host(realm.host)) && !local_registry) {
    return fail(ErrorCode::Refused,
                where + ": it is a private, loopback, link-local or metadata address",
                ErrorSource::Upstream);
  }
  // A local registry may use an address of its own kind, not the metadata service.
  if (classify_host(realm.host) == AddressClass::LinkLocal && realm.host != registry.host) {
    return fail(ErrorCode::Refused, where + ": it is a link-local or metadata address",
                ErrorSource::Upstream);
  }
  const bool known =
      std::find(trusted.begin(), trusted.end(), realm.authority()) != trusted.end() ||
      std::find(trusted.begin(), trusted.end(), realm.host) != trusted.end();
  if (with_credentials && !known && !related(realm.host, registry.host)) {
    return fail(
        ErrorCode::Refused,
        where +
            ": credentials are not sent to a foreign host; list it as a trusted realm to allow it",
        ErrorSource::Upstream);
  }
  return {};
}

}  // namespace wasmgate::oci
