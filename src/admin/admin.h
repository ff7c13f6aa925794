#pragma once
// The read-only pages of a running gateway as a function from request to response: health,
// readiness, metrics, the running configuration, the plug-ins' conditions. No sockets: the server
// hands requests in and implements AdminSource. Nothing here changes anything; verbs that do go
// through the state folder's UNIX socket.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/model/model.h"
#include "observe/metrics.h"

namespace wasmgate::admin {

/// One condition of a resource, as Kubernetes shapes them: type and reason in CamelCase, message
/// for people.
struct Condition {
  std::string type;  // "Accepted", "ResolvedRefs", "Programmed", "Healthy"
  bool status = false;
  std::string reason;   // when false: "ImagePullFailed", …; when true: may be empty
  std::string message;  // may be empty
};

/// A second generation of a plug-in that a part of the requests meets.
struct CanaryState {
  std::string url;
  std::string digest;  // empty: it was not fetched
  double percent = 0;  // of the requests
  std::string header;  // "name" or "name=value": these requests too; empty: none
  bool serving = false;
  std::string reason;   // when not serving, or not healthy: as a condition's
  std::string message;  // for people
};

struct PluginState {
  std::string resource;  // "namespace/name"
  std::string url;
  std::string digest;          // of the code that runs; empty: none does
  std::string abi;             // "0.2.1" or empty
  bool serving_older = false;  // the last good generation of it runs instead
  std::vector<Condition> conditions;
  std::string phase;                // "AUTHN", …; empty: none
  std::optional<int32_t> priority;  // none was given: last of its phase
  /// On trial: the digest of the predecessor, which comes back when this one breaks too often.
  std::optional<std::string> predecessor;
  std::optional<CanaryState> canary;
};

/// One thing that must be so before the gateway is ready: "configuration", "listeners", "plugin
/// default/x".
struct ReadinessCheck {
  std::string name;
  bool ok = false;
  std::string message;
};

/// What the pages show; the server implements it. Called on the thread that answers.
class AdminSource {
 public:
  virtual ~AdminSource() = default;
  virtual std::string version() const = 0;
  virtual bool draining() const = 0;
  virtual std::vector<ReadinessCheck> readiness() const = 0;
  virtual const MetricRegistry& metrics() const = 0;
  /// The model that serves; null before the first one does.
  virtual std::shared_ptr<const config::Model> model() const = 0;
  virtual uint64_t generation() const = 0;
  /// Why the newest configuration was refused; empty: it was not.
  virtual std::string refused() const = 0;
  /// In chain order.
  virtual std::vector<PluginState> plugins() const = 0;
};

struct AdminRequest {
  std::string_view method;
  std::string_view path;    // with query
  std::string_view host;    // the Host header or :authority; empty: none
  std::string_view origin;  // the Origin header; empty: none
};

struct AdminResponse {
  int status = 200;
  std::string body;  // also for HEAD, whose answer leaves it out but keeps its length
  std::vector<std::pair<std::string, std::string>> headers;  // content-type among them
};

/// Answers one request: 403 for a Host or Origin that is not this machine's loopback (against DNS
/// rebinding), 405 for methods other than GET and HEAD, 404 for unknown pages.
AdminResponse answer(const AdminRequest& request, const AdminSource& source);

/// The status file: {"version", "generation", "refused", "draining", "plugins": as the page has
/// them}.
std::string status_document(const AdminSource& source);

/// Whether a Host header names the loopback: "localhost", 127.x.x.x or "[::1]", each with or
/// without a port.
bool is_loopback_host(std::string_view host);

}  // namespace wasmgate::admin
