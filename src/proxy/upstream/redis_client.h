#pragma once
// Redis queries of plug-ins: one connection per worker, cluster, user and database, shared and
// pipelined by all who name the same. It is made for the first query, signs in and selects its
// database before any query leaves, closes when idle, and is made again after it broke. A query
// that was sent is never sent again.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "proxy/upstream/async_client.h"

namespace wasmgate::proxy {

class Cluster;
class ClusterSet;
struct WorkerContext;

struct RedisQuery {
  std::string cluster;
  std::string user;      // empty: the default user
  std::string password;  // empty: no sign-in
  uint32_t database = 0;
  std::chrono::milliseconds timeout{5'000};  // from send() to the reply; not 0
  size_t reply_limit_bytes = 1024 * 1024;
  std::string bytes;  // one command as RESP
};

class RedisConnection;

class RedisClient {
 public:
  /// One reply as it came (an error reply too), or Error.detail as AsyncClient::Handler's;
  /// "connection refused" also when the server refuses the sign-in or the database.
  using Handler = std::function<void(Result<std::string>)>;

  /// Both outlive it.
  RedisClient(WorkerContext& context, ClusterSet& clusters);
  ~RedisClient();

  /// Sends a query. `handler` is called once, never before this has returned; destroying the
  /// returned handle before means never. Errors (nothing was sent): NotFound when there is no such
  /// cluster; InvalidArgument when the query cannot be sent (redis_query_problem); LimitExceeded
  /// when too much waits already.
  Result<std::unique_ptr<AsyncCall>> send(RedisQuery query, Handler handler);

  size_t connections() const { return connections_.size(); }

 private:
  friend class RedisConnection;

  RedisConnection& connection_for(Cluster& cluster, const RedisQuery& query);
  void on_closed(RedisConnection& connection);

  WorkerContext& context_;
  ClusterSet& clusters_;
  std::vector<std::unique_ptr<RedisConnection>> connections_;
};

}  // namespace wasmgate::proxy
