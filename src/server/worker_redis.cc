#include "server/worker_redis.h"

#include <utility>

#include "server/call_failure.h"

namespace wasmgate::server {
namespace {

class RedisHandle final : public wasm::Handle {
 public:
  explicit RedisHandle(std::unique_ptr<proxy::AsyncCall> call) : call_(std::move(call)) {}

 private:
  std::unique_ptr<proxy::AsyncCall> call_;
};

}  // namespace

wasm::CallStart start_redis(proxy::RedisClient& redis, const wasm::RedisTarget& target,
                            std::string_view query, wasm::RedisEvents& events,
                            std::unique_ptr<wasm::Handle>& out) {
  proxy::RedisQuery wanted;
  wanted.cluster = target.service;
  wanted.user = target.user;
  wanted.password = target.password;
  wanted.database = target.database;
  wanted.timeout = target.timeout;
  wanted.reply_limit_bytes = target.reply_limit_bytes;
  wanted.bytes = query;
  auto call = redis.send(std::move(wanted), [&events](Result<std::string> reply) {
    if (reply) {  // either may destroy the handle
      events.on_redis_reply(*reply);
    } else {
      events.on_redis_failure(failure_of(reply.error()));
    }
  });
  if (!call) {
    return call.error().code == ErrorCode::NotFound ? wasm::CallStart::UnknownCluster
                                                    : wasm::CallStart::NotStarted;
  }
  out = std::make_unique<RedisHandle>(std::move(*call));
  return wasm::CallStart::Started;
}

}  // namespace wasmgate::server
