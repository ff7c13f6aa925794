#include "proxy/upstream/redis_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/upstream/redis_connection.h"

namespace wasmgate::proxy {

RedisClient::RedisClient(WorkerContext& context, ClusterSet& clusters)
    : context_(context), clusters_(clusters) {}
RedisClient::~RedisClient() = default;

Result<std::unique_ptr<AsyncCall>> RedisClient::send(RedisQuery query, Handler handler) {
  Cluster* cluster = clusters_.find(query.cluster);
  if (cluster == nullptr) {
    return fail(ErrorCode::NotFound, fmt::format("there is no cluster \"{}\"", query.cluster));
  }
  if (const std::string_view problem = redis_query_problem(query.bytes); !problem.empty()) {
    context_.services.logger.warn("cluster {}: a plug-in's Redis query {}", query.cluster, problem);
    return fail(ErrorCode::InvalidArgument, std::string(problem));
  }
  RedisConnection& connection = connection_for(*cluster, query);
  if (!connection.has_room(query.bytes.size()) || !cluster->begin_request()) {
    context_.metrics.add(context_.ids.upstream_overflows);
    return fail(ErrorCode::LimitExceeded, "overload");
  }
  context_.metrics.add(context_.ids.async_calls_total);
  return connection.send(std::move(query), std::move(handler));
}

RedisConnection& RedisClient::connection_for(Cluster& cluster, const RedisQuery& query) {
  const auto serves = [&](const auto& connection) { return connection->serves(cluster, query); };
  const auto at = std::find_if(connections_.begin(), connections_.end(), serves);
  if (at != connections_.end()) {
    return **at;
  }
  connections_.push_back(std::make_unique<RedisConnection>(context_, *this, cluster, query));
  return *connections_.back();
}

void RedisClient::on_closed(RedisConnection& connection) {
  const auto is_it = [&](const auto& known) { return known.get() == &connection; };
  const auto at = std::find_if(connections_.begin(), connections_.end(), is_it);
  context_.loop.delete_later(std::move(*at));
  connections_.erase(at);
}

}  // namespace wasmgate::proxy
