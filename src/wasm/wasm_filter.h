#pragma once
// One plug-in on one stream: translates the filter port to ABI callbacks and a callback's status to
// a verdict. The host functions see it as a StreamContext.

#include "filter/filter.h"
#include "wasm/abi/callbacks.h"
#include "wasm/host/context.h"
#include "wasm/host/pauses.h"
#include "wasm/host/plugin_worker.h"

namespace wasmgate::wasm {

/// What a status means (ABI 2.2). `holds`: header status 1 holds the head while body callbacks run
/// (ABI 0.2.100, or the plug-in's setting); otherwise it is 4.
filter::Verdict headers_verdict(uint32_t status, bool holds);
filter::Verdict data_verdict(uint32_t status);
filter::Verdict trailers_verdict(uint32_t status);

class WasmFilter final : public filter::Filter, public StreamContext, public Pausable {
 public:
  /// `vm` is one of `worker`'s. `is_probe`: this stream decides whether quarantine ends.
  WasmFilter(PluginWorker& worker, Vm& vm, bool is_probe);
  ~WasmFilter() override;

  void on_attach(filter::FilterCallbacks& callbacks) override;
  filter::Verdict on_headers(filter::Direction direction, http::HeaderMap& headers,
                             bool end_stream) override;
  filter::Verdict on_data(filter::Direction direction, Buffer& data, bool end_stream) override;
  filter::Verdict on_trailers(filter::Direction direction, http::HeaderMap& trailers) override;
  bool wants_data(filter::Direction direction) const override;
  void on_log() override;
  void on_done() override;
  void on_destroy() override;

  void run_pending() override;
  void on_vm_failed(FailureCause cause) override;
  void on_pause_limit() override;

 private:
  enum class State : uint8_t { Live, Skipped, Failed };

  bool ensure_created();
  filter::Verdict call(Callback callback, uint32_t a, uint32_t b, size_t count,
                       filter::Verdict (*verdict)(uint32_t), filter::Verdict forced);
  filter::Verdict after_failure() const {
    return state_ == State::Failed ? filter::kStopWatermark : filter::kContinue;
  }
  void let_go(filter::Direction direction);
  static uint8_t held_bit(filter::Direction direction) {
    return direction == filter::Direction::Request ? 1 : 2;
  }
  void warn_if_stuck(filter::Direction direction);
  void leave_vm();

  PluginWorker& worker_;
  Vm* vm_;  // null once the VM is gone or was left
  const bool is_probe_;
  State state_ = State::Live;
  bool done_ = false;
  uint8_t held_ = 0;  // held_bit of each direction in which the guest holds the message
};

/// Answers for a plug-in that cannot be called: the stream fails closed.
class UnavailableFilter final : public filter::Filter {
 public:
  explicit UnavailableFilter(filter::FailureKind kind) : kind_(kind) {}

  void on_attach(filter::FilterCallbacks& callbacks) override { callbacks_ = &callbacks; }
  filter::Verdict on_headers(filter::Direction direction, http::HeaderMap& headers,
                             bool end_stream) override;
  filter::Verdict on_data(filter::Direction, Buffer&, bool) override { return filter::kContinue; }
  filter::Verdict on_trailers(filter::Direction, http::HeaderMap&) override {
    return filter::kContinue;
  }
  bool wants_data(filter::Direction) const override { return false; }
  void on_log() override {}
  void on_done() override {}
  void on_destroy() override {}

 private:
  const filter::FailureKind kind_;
  filter::FilterCallbacks* callbacks_ = nullptr;
};

}  // namespace wasmgate::wasm
