#pragma once
// A whole data plane in memory: one ProxyWorker on manual time, clients and upstreams as strings.
//
//   ProxyFixture proxy; proxy.start();
//   auto client = proxy.connect(); client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); proxy.run();
//   proxy.upstream().take() …; proxy.upstream().send("HTTP/1.1 200 OK\r\ncontent-length:
//   0\r\n\r\n"); proxy.run(); client->take() …

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "proxy/proxy_worker.h"
#include "support/fake_resolver.h"
#include "support/lambda_filter.h"
#include "support/manual_loop.h"
#include "support/memory_transport.h"

namespace wasmgate::testing {

class KeepingSink final : public proxy::AccessLogSink {
 public:
  void submit(std::string&& block) override { text += block; }
  std::string text;
};

class ProxyFixture {
 public:
  explicit ProxyFixture()
      : connector(loop), worker_(std::make_unique<proxy::ProxyWorker>(services())) {
    model.clusters.push_back({.name = "one",
                              .aliases = {"alias"},
                              .dns_name = "",
                              .endpoints = {{"10.0.0.1", 80}},
                              .location = {}});
    config::Route route;
    route.name = "default/route";
    route.cluster = "one";
    model.routes.push_back(route);
    model.gateway.access_log.path = "kept";
  }

  /// Serves from `model` (and `chain` on every route). Also a reload.
  void start() {
    auto snapshot = std::make_shared<proxy::WorkerSnapshot>();
    snapshot->model = std::make_shared<const config::Model>(model);
    snapshot->routes = std::make_shared<const proxy::RouteTable>(snapshot->model->routes);
    snapshot->chains.assign(model.routes.size(), chain);
    snapshot->unrouted_chain = unrouted_chain;
    worker_->set_snapshot(std::move(snapshot));
  }

  std::shared_ptr<Peer> connect(std::string_view ip = "192.0.2.1") {
    auto peer = std::make_shared<Peer>();
    auto transport =
        std::make_unique<MemoryTransport>(loop, peer, *net::Address::parse("192.0.2.9", 8080),
                                          *net::Address::parse(ip, next_port_++));
    worker_->accept(std::move(transport));
    return peer;
  }

  /// Sends and runs; returns what the client has received so far.
  std::string exchange(Peer& client, std::string_view bytes) {
    client.send(bytes);
    run();
    return client.take();
  }

  void run() { loop.run_until_idle(); }
  void advance(Duration by) { loop.advance(by); }

  /// The far end of the newest connection to an upstream.
  Peer& upstream() {
    EXPECT_FALSE(connector.peers.empty());
    return *connector.peers.back();
  }
  size_t upstream_connections() const { return connector.peers.size(); }

  int64_t metric(MetricId id) const { return registry.value(id); }
  std::string access_log() {
    loop.advance(std::chrono::milliseconds(1100));
    return sink.text;
  }

  proxy::ProxyWorker& worker() { return *worker_; }
  void destroy_worker() { worker_.reset(); }

  ManualLoop loop;
  MemoryLogger logger;
  SystemRandom random;
  MetricRegistry registry;
  proxy::ProxyMetrics ids{registry};
  MetricShard shard{registry};
  proxy::ConnectionLimits limits{10'000, 0};
  KeepingSink sink;
  FakeResolver resolver;
  MemoryConnector connector;
  config::Model model;
  proxy::RouteChain chain;
  proxy::RouteChain unrouted_chain;

 private:
  proxy::WorkerServices services() {
    return {loop, connector, resolver, logger, random, shard, ids, limits, &sink};
  }

  std::unique_ptr<proxy::ProxyWorker> worker_;
  uint16_t next_port_ = 50'000;
};

inline constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a.com\r\n\r\n";
inline constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

}  // namespace wasmgate::testing
