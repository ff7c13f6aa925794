#pragma once
// The calls out of one VM that are in flight, by the id the guest knows: HTTP, gRPC (unary and
// streams), Redis. The low two bits of an id are its kind. An answer is delivered to the root
// context as a callback; the end of the stream that started a call does not cancel it, the end of
// the VM does.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/message/header_map.h"
#include "wasm/abi/enums.h"
#include "wasm/host/host_services.h"

namespace wasmgate::wasm {

class Vm;

class Callouts {
 public:
  explicit Callouts(Vm& vm);
  ~Callouts();
  Callouts(const Callouts&) = delete;
  Callouts& operator=(const Callouts&) = delete;

  /// Statuses as ABI 1.1. On Ok `id` is the call's. A call asked for before the VM has its worker
  /// begins when it gets there.
  Status http_call(std::string_view cluster, http::HeaderMap headers, std::string_view body,
                   http::HeaderMap trailers, uint32_t timeout_ms, uint32_t& id);
  Status grpc_call(std::string_view upstream, std::string_view service, std::string_view method,
                   http::HeaderMap metadata, std::string_view message, uint32_t timeout_ms,
                   uint32_t& id);
  /// `timeout_ms`: of the whole stream; 0 is none.
  Status grpc_stream(std::string_view upstream, std::string_view service, std::string_view method,
                     http::HeaderMap metadata, uint32_t timeout_ms, uint32_t& id);
  Status grpc_send(uint32_t id, std::string_view message, bool end_stream);
  Status grpc_close(uint32_t id);
  Status grpc_cancel(uint32_t id);
  Status redis_init(std::string_view service, std::string_view user, std::string_view password,
                    uint32_t timeout_ms);
  Status redis_call(std::string_view service, std::string_view query, uint32_t& id);

  /// Begins what waits for a worker.
  void attach();
  /// Cancels everything.
  void clear();
  size_t in_flight() const { return http_.size() + grpc_.size() + redis_.size(); }
  bool started_by(uint32_t stream) const;

 private:
  class Http;
  class Grpc;
  class Redis;

  Status check(std::string_view cluster, bool known_needed);
  uint32_t next_id(CallKind kind);
  void note_start();
  void note_end(uint32_t stream);
  Status open_grpc(std::unique_ptr<Grpc> call, uint32_t& id);

  Vm& vm_;
  uint32_t sequence_ = 0;
  std::unordered_map<uint32_t, std::unique_ptr<Http>> http_;
  std::unordered_map<uint32_t, std::unique_ptr<Grpc>> grpc_;
  std::unordered_map<uint32_t, std::unique_ptr<Redis>> redis_;
  std::map<std::string, RedisTarget, std::less<>> redis_targets_;
};

}  // namespace wasmgate::wasm
