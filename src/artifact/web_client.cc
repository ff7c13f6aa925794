#include "artifact/web_client.h"

#include <algorithm>
#include <charconv>

#include "oci/address_class.h"
#include "oci/auth_challenge.h"

namespace wasmgate::artifact {
namespace {

constexpr size_t kErrorBodyBytes = 64 * 1024;

using std::chrono::milliseconds;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}
bool is_retryable(int status) { return status == 408 || status == 429 || status >= 500; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_public_name(const std::string& host) {
  const auto kind = oci::classify_host(host);
  return kind == oci::AddressClass::Public || kind == oci::AddressClass::NotAnAddress;
}

}  // namespace

std::string FetchResponse::header(std::string_view name) const {
  const auto values = all(name);
  return values.empty() ? "" : values.front();
}

std::vector<std::string> FetchResponse::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) {
      out.push_back(value);
    }
  }
  return out;
}

WebClient::WebClient(Fetcher& fetcher, const Clock& clock, Sleeper& sleeper, WebOptions options)
    : fetcher_(fetcher),
      clock_(clock),
      sleeper_(sleeper),
      options_(std::move(options)),
      begin_(clock.now()) {}

void WebClient::start_work() { begin_ = clock_.now(); }

milliseconds WebClient::time_left() const {
  return options_.limits.total_timeout -
         std::chrono::duration_cast<milliseconds>(clock_.now() - begin_);
}

bool WebClient::may_be_plain(const oci::Url& url) const {
  const std::string with_port = url.host + ":" + std::to_string(url.port);
  return std::any_of(options_.insecure_hosts.begin(), options_.insecure_hosts.end(),
                     [&](const std::string& listed) {
                       return listed == url.host || listed == url.authority() ||
                              listed == with_port;
                     });
}

std::string WebClient::scheme_for(const std::string& host) const {
  const auto url = oci::parse_url("http://" + host + "/");
  return url && may_be_plain(*url) ? "http" : "https";
}

Result<WebResponse> WebClient::send(const WebRequest& request, WebSink* sink) {
  for (int failed = 0;;) {
    auto answer = try_once(request, sink);
    const bool again = answer ? is_retryable(answer->head.status) : answer.error().retryable;
    if (!again || ++failed >= options_.limits.tries) {
      if (!answer && failed > 1) {
        answer.error().detail += " (" + std::to_string(failed) + " tries)";
      }
      return answer;
    }
    if (!wait(failed, answer ? answer->head.header("retry-after") : "")) {
      if (!answer) {
        return answer;
      }
      return fail(
          ErrorCode::Timeout,
          request.url.authority() + ": still answers " + std::to_string(answer->head.status),
          ErrorSource::Upstream);
    }
  }
}

// False when there is no time left for another try.
bool WebClient::wait(int failed_tries, const std::string& retry_after) {
  milliseconds time = options_.limits.first_wait * (1 << std::min(failed_tries - 1, 16));
  int seconds = 0;
  const char* end = retry_after.data() + retry_after.size();
  if (std::from_chars(retry_after.data(), end, seconds).ptr == end && seconds > 0) {
    time = std::max(time, milliseconds(1000) * std::min(seconds, 3600));
  }
  time = std::min(time, options_.limits.longest_wait);
  return time < time_left() && sleeper_.sleep(time);
}

Result<WebResponse> WebClient::try_once(const WebRequest& request, WebSink* sink) {
  WebRequest current = request;
  for (int hops = 0;; ++hops) {
    auto answer = exchange(current, sink);
    if (!answer || !request.follow_redirects || !is_redirect(answer->head.status)) {
      return answer;
    }
    if (hops == options_.limits.redirects) {
      return fail(ErrorCode::LimitExceeded,
                  request.url.authority() + ": more than " + std::to_string(hops) + " redirects",
                  ErrorSource::Upstream);
    }
    auto next = redirected(current, answer->head);
    if (!next) {
      return tl::unexpected(next.error());
    }
    current = std::move(*next);
  }
}

Result<WebRequest> WebClient::redirected(const WebRequest& from,
                                         const FetchResponse& answer) const {
  if (from.method != "GET" && from.method != "HEAD") {
    return fail(ErrorCode::Protocol,
                from.url.authority() + ": a redirect of " + from.method + " is not followed",
                ErrorSource::Upstream);
  }
  auto url = oci::resolve_location(from.url, answer.header("location"));
  if (!url) {
    return fail(ErrorCode::Protocol, from.url.authority() + ": redirect: " + url.error().detail,
                ErrorSource::Upstream);
  }
  const std::string where =
      from.url.authority() + " redirects to " + url->scheme + "://" + url->authority();
  if (from.url.scheme == "https" && url->scheme == "http") {
    return fail(ErrorCode::Refused, where + ": from https to http is refused",
                ErrorSource::Upstream);
  }
  WebRequest next = from;
  if (from.url.host != url->host) {
    // What answered from the internet must not send us into the network around us; a registry of
    // that network may.
    const auto kind = oci::classify_address(answer.peer);
    const bool from_outside =
        answer.peer.empty() ? is_public_name(from.url.host) : kind == oci::AddressClass::Public;
    if (from_outside && !is_public_name(url->host)) {
      return fail(ErrorCode::Refused,
                  where + ": a private, loopback, link-local or metadata address is refused",
                  ErrorSource::Upstream);
    }
    if (oci::classify_host(url->host) == oci::AddressClass::LinkLocal) {
      return fail(ErrorCode::Refused, where + ": a link-local or metadata address is refused",
                  ErrorSource::Upstream);
    }
    next.addresses = from_outside ? AddressRule::PublicOnly : AddressRule::NoLinkLocal;
  }
  if (!from.url.same_origin(*url)) {
    next.authorization.clear();
  }
  next.url = std::move(*url);
  return next;
}

// One exchange, no redirect followed.
Result<WebResponse> WebClient::exchange(const WebRequest& request, WebSink* sink) {
  if (request.url.scheme == "http" && !may_be_plain(request.url)) {
    return fail(ErrorCode::Refused,
                request.url.authority() +
                    ": plain http is refused; list the host as insecure (oci.insecureHosts, "
                    "--plain-http) to allow it",
                ErrorSource::Config);
  }
  const milliseconds left = time_left();
  if (left <= milliseconds(0)) {
    return fail(ErrorCode::Timeout,
                request.url.authority() + ": the time limit of the whole pull is over",
                ErrorSource::Upstream);
  }
  FetchRequest wire{request.method,    request.url.to_string(),
                    request.headers,   request.body,
                    request.addresses, std::min(options_.limits.try_timeout, left)};
  if (!request.authorization.empty()) {
    wire.headers.emplace_back("Authorization", request.authorization);
  }
  WebResponse out;
  out.url = request.url;
  std::optional<Error> stopped;
  if (sink != nullptr) {
    if (auto begun = sink->begin(); !begun) {
      return tl::unexpected(begun.error());
    }
  }
  // The status is not known while bytes arrive; the beginning is kept so that an error's words can
  // be told.
  size_t size = 0;
  const auto take = [&](std::string_view bytes) {
    size += bytes.size();
    if (size > request.limit_bytes) {
      stopped = Error(ErrorCode::LimitExceeded,
                      request.url.authority() + ": the answer is larger than " +
                          std::to_string(request.limit_bytes) + " bytes",
                      ErrorSource::Upstream);
      return false;
    }
    if (sink == nullptr) {
      out.body.append(bytes);
      return true;
    }
    out.body.append(bytes.substr(0, kErrorBodyBytes - std::min(kErrorBodyBytes, out.body.size())));
    if (auto added = sink->add(bytes); !added) {
      stopped = added.error();
      return false;
    }
    return true;
  };
  auto head = fetcher_.fetch(wire, take);
  if (stopped) {
    return tl::unexpected(*stopped);
  }
  if (!head) {
    return tl::unexpected(head.error());
  }
  out.head = std::move(*head);
  if (sink != nullptr && out.head.status / 100 == 2) {
    out.body.clear();
  }
  return out;
}

}  // namespace wasmgate::artifact
