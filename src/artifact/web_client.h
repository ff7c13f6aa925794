#pragma once
// Careful HTTP: plain http only to hosts that are listed, redirects without credentials to other
// hosts and never from https to http, size caps while bytes arrive, a time limit per try and per
// piece of work, and more tries only where they can help.

#include <memory>
#include <string>
#include <vector>

#include "artifact/fetcher.h"
#include "artifact/ports.h"
#include "base/clock.h"
#include "oci/url.h"

namespace wasmgate::artifact {

struct WebLimits {
  std::chrono::milliseconds try_timeout{15'000};
  std::chrono::milliseconds total_timeout{300'000};  // one pull, all its exchanges and waits
  int tries = 5;
  std::chrono::milliseconds first_wait{200};  // doubled each time
  std::chrono::milliseconds longest_wait{10'000};
  int redirects = 5;
};

struct WebOptions {
  std::vector<std::string>
      insecure_hosts;  // "host" or "host:port" that may be spoken to by plain http
  WebLimits limits;
};

struct WebRequest {
  std::string method = "GET";
  oci::Url url;
  FetchHeaders headers;
  std::string authorization;  // goes to the first host only
  std::string_view body;
  AddressRule addresses = AddressRule::Any;
  size_t limit_bytes = 1024 * 1024;  // of the response's body
  bool follow_redirects = true;
};

struct WebResponse {
  FetchResponse head;
  std::string body;  // empty when a sink took it (errors always stay here, cut at 64 KiB)
  oci::Url url;      // after redirects
};

/// Where a successful body goes instead of memory. begin() is called before each try.
class WebSink {
 public:
  virtual ~WebSink() = default;
  virtual Result<void> begin() = 0;
  virtual Result<void> add(std::string_view bytes) = 0;
};

class WebClient {
 public:
  /// All arguments outlive the client.
  WebClient(Fetcher& fetcher, const Clock& clock, Sleeper& sleeper, WebOptions options);

  /// Starts the time limit of one piece of work.
  void start_work();

  /// Sends until an answer is no longer worth retrying (408, 429 and 5xx, no connection, time-outs
  /// are). The answer may have any status. Errors: those of Fetcher; Refused (plain http, redirect
  /// to http or to a private address from a public host), LimitExceeded (body, redirects), Timeout
  /// (the piece of work), Cancelled.
  Result<WebResponse> send(const WebRequest& request, WebSink* sink = nullptr);

  /// "http" for listed hosts, else "https". `host`: with port, as in references.
  std::string scheme_for(const std::string& host) const;

  /// True when `url`'s host is listed for plain http.
  bool may_be_plain(const oci::Url& url) const;

 private:
  Result<WebResponse> try_once(const WebRequest& request, WebSink* sink);
  Result<WebResponse> exchange(const WebRequest& request, WebSink* sink);
  Result<WebRequest> redirected(const WebRequest& from, const FetchResponse& answer) const;
  std::chrono::milliseconds time_left() const;
  bool wait(int failed_tries, const std::string& retry_after);

  Fetcher& fetcher_;
  const Clock& clock_;
  Sleeper& sleeper_;
  WebOptions options_;
  MonotonicTime begin_;
};

}  // namespace wasmgate::artifact
