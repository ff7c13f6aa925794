#pragma once
// HTTP as a port: one request, one response, nothing decided. Redirects, retries, credentials and
// limits are web_client's.

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wasmgate::artifact {

using FetchHeaders = std::vector<std::pair<std::string, std::string>>;

/// Which addresses may be connected to, judged after name resolution (oci/address_class).
enum class AddressRule : uint8_t { Any, NoLinkLocal, PublicOnly };

struct FetchRequest {
  std::string method = "GET";
  std::string url;  // http or https
  FetchHeaders headers;
  std::string_view body;  // lives as long as the call
  AddressRule addresses = AddressRule::Any;
  std::chrono::milliseconds timeout{15'000};  // the whole exchange
  std::string unix_socket;  // path of a socket to connect to instead of the URL's host; empty: none
};

struct FetchResponse {
  int status = 0;
  std::string peer;  // the address that answered; empty: not known
  FetchHeaders headers;

  /// The first value of that name (any case), or empty.
  std::string header(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
};

/// Takes a part of the body; false stops the exchange.
using BodySink = std::function<bool(std::string_view)>;

class Fetcher {
 public:
  virtual ~Fetcher() = default;

  /// Sends the request, gives the body to `sink` as it comes, returns when all has come. Never
  /// follows a redirect, never changes https to http. Errors: Unavailable (no connection, broken
  /// off, fewer bytes than announced), Timeout: both retryable; Cancelled (the sink stopped it);
  /// Refused (address rule, TLS certificate); Protocol. Thread: one at a time.
  virtual Result<FetchResponse> fetch(const FetchRequest& request, const BodySink& sink) = 0;

  /// While it is on, others wait for the exchange: one in which no byte comes for a second ends
  /// (Timeout, not retryable). Thread: any.
  virtual void hurry(bool on) { static_cast<void>(on); }
};

}  // namespace wasmgate::artifact
