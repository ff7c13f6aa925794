#pragma once
// The root context of a VM: timer, queues, the data that is shown in its callbacks, the status of
// the last call out, and its end (on_done, proxy_done, on_delete). Calls out are in callouts.h.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message/header_map.h"
#include "wasm/abi/enums.h"
#include "wasm/host/callouts.h"
#include "wasm/host/context.h"
#include "wasm/host/host_services.h"
#include "wasm/host/root_metrics.h"

namespace wasmgate::wasm {

/// What maps 4 to 7 and buffers 4, 5, 8, 9 show: set for the length of one callback.
struct ShownData {
  http::HeaderMap* http_headers = nullptr;
  http::HeaderMap* http_trailers = nullptr;
  http::HeaderMap* grpc_initial = nullptr;
  http::HeaderMap* grpc_trailing = nullptr;
  const std::string_view* http_body = nullptr;
  const std::string_view* grpc_message = nullptr;
  const std::string_view* redis_reply = nullptr;
  const std::string_view* foreign_arguments = nullptr;
};

class RootContext final : public Context, private TimerEvents {
 public:
  enum class End : uint8_t { Running, WaitsForDone, Ended };

  explicit RootContext(Vm& vm);
  ~RootContext();

  /// The VM came to its worker.
  void attach();
  /// Nothing of this context may call the guest any more.
  void stop();

  // ---- For host functions.

  /// 0: off. Below the limit's minimum: the minimum.
  void set_tick(uint32_t period_ms);
  /// Registers or takes over a queue of the plug-in's namespace; its id, 0 at the quota.
  uint32_t register_queue(std::string_view name);
  /// proxy_done: false when no done is pending.
  bool done();

  uint32_t status_code = 0;  // of the last call out
  std::string status_message;
  ShownData shown;
  Callouts callouts;
  RootMetrics metrics;

  // ---- The end.

  /// on_done; then on_delete at once, or after proxy_done, or after the time-out.
  void end();
  End end_state() const { return end_; }
  /// proxy_done was called: finish when no guest is on the stack.
  void run_pending();

  void on_queue_ready(uint32_t queue);
  /// on_delete and the end, whatever proxy_done waits for.
  void finish_end();

 private:
  void on_timer() override;
  void arm();

  Vm& vm_;
  uint32_t tick_ms_ = 0;
  std::unique_ptr<Handle> timer_;
  std::vector<std::string> queues_;     // names, registered again at attach
  std::shared_ptr<RootContext*> self_;  // for the queues' messages: emptied at the end
  const uint64_t owner_;                // who we are to the queues
  End end_ = End::Running;
  bool in_done_ = false;
  bool done_called_ = false;
};

}  // namespace wasmgate::wasm
