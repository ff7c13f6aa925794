#pragma once
// A cluster on one worker: its endpoints with their connections, which of them are fit, and how
// much is in flight. It outlives snapshots: a new configuration changes its endpoints in place and
// closes no connection of those that stay.

#include <memory>
#include <string>
#include <vector>

#include "config/model/cluster.h"
#include "net/dns_resolver.h"
#include "proxy/upstream/host.h"
#include "proxy/upstream/load_balancer.h"
#include "proxy/upstream/outlier_ejection.h"

namespace wasmgate::proxy {

/// Told once a cluster whose name was being resolved has endpoints, or will not have any now.
/// Destroying it forgets it.
class ClusterWaiter : public net::TurnHook {};

class Cluster {
 public:
  Cluster(WorkerContext& context, std::string name, bool http2);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const std::string& name() const { return name_; }
  bool http2() const { return http2_; }

  /// Takes endpoints and limits of a new configuration.
  void update(const config::Cluster& config);

  /// A fit endpoint, another than `avoid` when possible; that with address `wanted` ("10.0.0.1:80")
  /// when not empty and there is one.
  Host* choose(const Host* avoid, std::string_view wanted);
  size_t endpoints() const { return hosts_.size(); }
  const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }

  /// True while the first answer for its DNS name is awaited: requests may wait for it.
  bool resolving() const { return resolving_; }
  bool resolve_failed() const { return resolve_failed_; }
  /// `waiter` runs when resolving() has become false.
  void wait_resolved(ClusterWaiter& waiter) { waiters_.push(waiter); }

  /// Notes how a request to `host` ended, for its health. `failed`: 5xx, or no response.
  void note_result(Host& host, bool failed);

  /// Takes a place for a request in flight; false when the cluster has its fill (circuit breaker).
  bool begin_request();
  void end_request() { --requests_; }
  /// Takes a place for a retry: 20 % of the requests in flight, at least 3.
  bool begin_retry();
  void end_retry() { --retries_; }

  /// How many snapshots and calls hold this cluster (ClusterSet's business).
  size_t users = 0;
  bool idle() const { return requests_ == 0; }

 private:
  void set_hosts(const std::vector<net::Address>& addresses);
  void refresh_fit();
  void resolve();
  void on_resolved(Result<net::DnsAnswer> answer);
  void readmit();
  void remove_empty_hosts();

  WorkerContext& context_;
  std::string name_;
  bool http2_;
  ClusterLimits limits_;
  size_t max_requests_ = 1024;
  size_t requests_ = 0;
  size_t retries_ = 0;
  double retry_percent_ = 20;
  size_t retry_min_ = 3;

  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Host>> leaving_;
  std::vector<Host*> fit_;
  std::unique_ptr<LoadBalancer> balancer_;
  OutlierEjection outliers_;
  net::Timer readmit_timer_;

  std::string dns_name_;
  uint16_t dns_port_ = 0;
  bool resolving_ = false;
  bool resolve_failed_ = false;
  std::unique_ptr<net::DnsQuery> query_;
  net::Timer resolve_timer_;
  net::TurnList waiters_;
};

}  // namespace wasmgate::proxy
