#pragma once
// What a registry asks for in WWW-Authenticate (RFC 9110 §11.6.1), and the token exchange that
// answers it (distribution token authentication) as messages: the request to send, the response to
// read.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oci/url.h"

namespace wasmgate::oci {

struct Challenge {
  std::string scheme;                             // lower-case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  // names lower-case
};

/// All challenges of one header value. Errors: Protocol for text that does not follow the grammar.
Result<std::vector<Challenge>> parse_challenges(std::string_view value);

/// The Bearer challenge among `values` (one per header line), if any; else the Basic one; else
/// nothing.
std::optional<Challenge> choose_challenge(const std::vector<std::string>& values);

/// What one proves identity with. Never shown.
struct Credentials {
  std::string username;
  std::string password;
  std::string identity_token;  // OAuth 2 refresh token; goes before user and password

  bool empty() const { return username.empty() && password.empty() && identity_token.empty(); }
};

/// "Basic <base64>".
std::string basic_authorization(const Credentials& credentials);

struct TokenRequest {
  Url url;
  std::string method = "GET";
  std::string authorization;  // header value; empty: none
  std::string form;           // body of a POST, application/x-www-form-urlencoded
};

/// `scope`: "repository:team/name:pull"; used when the challenge names none. Errors: Protocol when
/// the challenge has no realm, or a realm that is no URL.
Result<TokenRequest> make_token_request(const Challenge& challenge, const std::string& scope,
                                        const Credentials& credentials);

struct Token {
  std::string value;
  std::chrono::seconds lifetime{60};
};

/// Errors: Protocol when there is no token, or one with bytes that no header may hold.
Result<Token> read_token_response(std::string_view body);

/// Whether a token may be asked for at `realm` by a registry at `registry`: https (http only when
/// the registry itself is spoken to by http), and no private, loopback, link-local or metadata
/// address unless the registry is at one of that kind. With credentials the realm must be the
/// registry's host, a sub-domain or sibling under the same registrable-looking domain, or in
/// `trusted` (host names). Errors: Refused, with the reason.
Result<void> check_realm(const Url& realm, const Url& registry, bool with_credentials,
                         const std::vector<std::string>& trusted, bool registry_is_local = false);

/// True when addresses like the registry's own are allowed for its realm (the registry's name is
/// itself a private address or local name).
bool is_local_registry(const Url& registry);

}  // namespace wasmgate::oci
