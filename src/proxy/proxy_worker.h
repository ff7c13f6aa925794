#pragma once
// The data plane of one worker thread: listeners, client connections, streams, upstream pools and
// plug-ins' calls, all private to it. The server makes one per worker on that worker's loop and
// talks to it from the loop's thread (post() for everything else).
//
//   main thread: sockets = net::listen_tcp(address, /*reuse_port=*/true) per worker
//   worker:      ProxyWorker worker(services, settings); worker.set_snapshot(s);
//   worker.listen(std::move(socket)); reload:      loop.post([&] { worker.set_snapshot(new_one); })
//   // connections stay, streams in progress keep the old one end:         worker.start_drain([&] {
//   loop.stop(); })

#include <functional>
#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "config/model/gateway.h"
#include "net/dns_resolver.h"
#include "net/event_loop.h"
#include "net/socket.h"
#include "net/transport.h"
#include "observe/metrics.h"
#include "proxy/downstream/access_log.h"
#include "proxy/downstream/connection_limits.h"
#include "proxy/proxy_metrics.h"
#include "proxy/upstream/async_client.h"
#include "proxy/upstream/redis_client.h"
#include "proxy/worker_snapshot.h"

namespace wasmgate::proxy {

/// What a worker borrows. Everything outlives the worker.
struct WorkerServices {
  net::EventLoop& loop;
  net::Connector& connector;   // net::TcpConnector
  net::DnsResolver& resolver;  // for clusters with a dns_name
  Logger& logger;
  RandomSource& random;
  MetricShard& metrics;
  const ProxyMetrics& metric_ids;       // defined once per process
  ConnectionLimits& connection_limits;  // shared by all workers
  AccessLogSink* access_log;            // null: no access log; shared by all workers
};

/// Settings that stand for the worker's life. Limits and time-outs of a later snapshot's
/// GatewayConfig apply to connections accepted and requests begun after it was set.
class ProxyWorker {
 public:
  explicit ProxyWorker(const WorkerServices& services);
  /// Closes everything at once; streams in progress end without an answer.
  ~ProxyWorker();
  ProxyWorker(const ProxyWorker&) = delete;
  ProxyWorker& operator=(const ProxyWorker&) = delete;

  /// Serves from `snapshot` on: new requests use it, streams in progress keep theirs. Clusters with
  /// equal names keep their connections; endpoints that are gone get no new requests. The first
  /// call must come before the first request; until then requests are answered 503.
  void set_snapshot(std::shared_ptr<const WorkerSnapshot> snapshot);

  /// Accepts on a listening socket (net::listen_tcp).
  void listen(net::Socket socket);

  /// Serves one client connection; the listener's way in, and that of tests. Over the limit it is
  /// closed.
  void accept(std::unique_ptr<net::Transport> transport);

  /// HTTP calls of plug-ins, to clusters of the newest snapshot.
  AsyncClient& async_client();
  /// Redis queries of plug-ins.
  RedisClient& redis_client();

  /// Stops accepting; idle connections are closed; each busy one ends with its next response
  /// (`connection: close`). After the drain time-out of the settings what is left is cut and
  /// counted. `done` is called once, in a later turn, when no client connection is left.
  void start_drain(std::function<void()> done);

  size_t active_streams() const;
  size_t connections() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace wasmgate::proxy
