#include "wasm/wasm_filter.h"

#include "fmt/format.h"
#include "wasm/host/vm.h"

namespace wasmgate::wasm {

using filter::Direction;
using filter::FailureKind;
using filter::Verdict;

// ---- What a status means. The one table; wasm_filter_test.cc holds it fast.
//
//   headers   0 Continue              pass
//             1 StopIteration         0.2.100 or by setting: hold, body callbacks follow; else as 4
//             2 ContinueAndEndStream  pass
//             3 StopAll, buffer       hold everything unseen, up to the body limit
//             4 StopAll, watermark    the same with back-pressure; also every other number
//   data      0 pass   1 hold and show the growing total   2 the same with back-pressure   3 and
//   others: the guest took the bytes trailers  0 pass   others: stop

Verdict headers_verdict(uint32_t status, bool holds) {
  switch (status) {
    case kHeadersContinue:
    case kHeadersContinueAndEndStream:
      return filter::kContinue;
    case kHeadersStopIteration:
      return holds ? filter::kStopShowLater : filter::kStopWatermark;
    case kHeadersStopAllAndBuffer:
      return filter::kStopBuffer;
    default:
      return filter::kStopWatermark;
  }
}

Verdict data_verdict(uint32_t status) {
  switch (status) {
    case kDataContinue:
      return filter::kContinue;
    case kDataStopAndBuffer:
      return filter::kHoldBuffer;
    case kDataStopAndWatermark:
      return filter::kHoldWatermark;
    default:
      return filter::kDropPart;
  }
}

Verdict trailers_verdict(uint32_t status) {
  return status == kTrailersContinue ? filter::kContinue : filter::kStopWatermark;
}

namespace {

Verdict plain_headers_verdict(uint32_t status) { return headers_verdict(status, false); }
Verdict holding_headers_verdict(uint32_t status) { return headers_verdict(status, true); }

uint8_t continue_bit(Direction direction) {
  return direction == Direction::Request ? StreamContext::kContinueRequest
                                         : StreamContext::kContinueResponse;
}

}  // namespace

WasmFilter::WasmFilter(PluginWorker& worker, Vm& vm, bool is_probe)
    : worker_(worker), vm_(&vm), is_probe_(is_probe) {
  vm.add_stream();
}

WasmFilter::~WasmFilter() { leave_vm(); }

void WasmFilter::on_attach(filter::FilterCallbacks& attached) { callbacks = &attached; }

bool WasmFilter::wants_data(Direction direction) const {
  return vm_ != nullptr &&
         vm_->has(direction == Direction::Request ? Callback::RequestBody : Callback::ResponseBody);
}

/// The context is made before its first callback. The VM may have broken since the stream began:
/// this stream fails with it.
bool WasmFilter::ensure_created() {
  if (id != 0) {
    return true;
  }
  if (vm_->broken()) [[unlikely]] {
    on_vm_failed(vm_->broken_by());
    return false;
  }
  return vm_->create(*this) && state_ == State::Live;
}

Verdict WasmFilter::on_headers(Direction direction, http::HeaderMap& headers, bool end_stream) {
  const auto callback =
      direction == Direction::Request ? Callback::RequestHeaders : Callback::ResponseHeaders;
  if (vm_ == nullptr) {
    return after_failure();
  }
  const size_t count = vm_->version() == AbiVersion::V0_1_0 ? 2 : 3;
  const auto verdict = call(
      callback, static_cast<uint32_t>(headers.size()), end_stream ? 1 : 0, count,
      vm_->holds_heads() ? holding_headers_verdict : plain_headers_verdict, filter::kStopWatermark);
  if (!verdict.pass && end_stream && vm_ != nullptr) {
    warn_if_stuck(direction);
  }
  return verdict;
}

Verdict WasmFilter::on_data(Direction direction, Buffer& data, bool end_stream) {
  const auto callback =
      direction == Direction::Request ? Callback::RequestBody : Callback::ResponseBody;
  if (vm_ == nullptr) {
    return after_failure();
  }
  return call(callback, static_cast<uint32_t>(data.size()), end_stream ? 1 : 0, 3, data_verdict,
              filter::kDropPart);
}

Verdict WasmFilter::on_trailers(Direction direction, http::HeaderMap& trailers) {
  if (vm_ == nullptr) {
    return after_failure();
  }
  if (vm_->limits().final_body_callback_before_trailers && wants_data(direction)) {
    const auto callback =
        direction == Direction::Request ? Callback::RequestBody : Callback::ResponseBody;
    const Buffer* held = callbacks->body(direction);
    const auto verdict = call(callback, held == nullptr ? 0 : static_cast<uint32_t>(held->size()),
                              1, 3, data_verdict, filter::kDropPart);
    if (!verdict.pass || vm_ == nullptr) {
      return verdict;
    }
  }
  const auto callback =
      direction == Direction::Request ? Callback::RequestTrailers : Callback::ResponseTrailers;
  return call(callback, static_cast<uint32_t>(trailers.size()), 0, 2, trailers_verdict,
              filter::kStopWatermark);
}

/// One stream callback. A guest that does not export it costs nothing.
Verdict WasmFilter::call(Callback callback, uint32_t a, uint32_t b, size_t count,
                         Verdict (*verdict)(uint32_t), Verdict forced) {
  if (!vm_->has(callback)) {
    return filter::kContinue;
  }
  if (!ensure_created()) {
    return after_failure();
  }
  Value args[3];
  args[0].u32 = id;
  args[1].u32 = a;
  args[2].u32 = b;
  reply_asked = false;
  if (!vm_->enter(*this, callback, args, count)) {
    return after_failure();
  }
  const Verdict out = reply_asked ? forced : verdict(args[0].u32);
  const auto direction =
      callback <= Callback::RequestTrailers ? Direction::Request : Direction::Response;
  if (out.pass) {
    let_go(direction);
  } else if (!reply_asked) {
    held_ |= held_bit(direction);
    worker_.pauses().add(*this);
  }
  return out;
}

/// The message of that direction goes on; the stream's time to be held runs until neither is held.
void WasmFilter::let_go(Direction direction) {
  held_ &= static_cast<uint8_t>(~held_bit(direction));
  if (held_ == 0 && is_paused()) [[unlikely]] {
    worker_.pauses().remove(*this);
  }
}

/// A message without body that was stopped: nothing more will come, so only a call, a timer or a
/// queue can resume it (D25).
void WasmFilter::warn_if_stuck(Direction direction) {
  if (!reply_asked && pending == 0 && vm_->root().callouts.in_flight() == 0 &&
      !vm_->has(Callback::Tick) && !vm_->has(Callback::QueueReady)) {
    vm_->code().log(LogLevel::Warn,
                    fmt::format("stream context {} was stopped at its {} head, which has no body, "
                                "and nothing is outstanding "
                                "that could resume it; it ends after the pause limit",
                                id, direction == Direction::Request ? "request" : "response"));
  }
}

void WasmFilter::on_log() {
  logging = true;
  if (vm_ == nullptr || state_ != State::Live) {
    return;
  }
  if (is_paused()) {
    worker_.pauses().remove(*this);
  }
  // A stream whose plug-in was never reached gets its context for the log alone.
  if (!vm_->has(Callback::Log) || !ensure_created()) {
    return;
  }
  Value args[1];
  args[0].u32 = id;
  vm_->enter(*this, Callback::Log, args, 1);
}

void WasmFilter::on_done() {
  logging = true;
  done_ = true;
  if (vm_ == nullptr || id == 0 || !vm_->has(Callback::Done)) {
    return;
  }
  Value args[1];
  args[0].u32 = id;
  vm_->enter(*this, Callback::Done, args, 1);
}

void WasmFilter::on_destroy() {
  if (vm_ != nullptr && id != 0 && vm_->has(Callback::Delete)) {
    Value args[1];
    args[0].u32 = id;
    vm_->enter(*this, Callback::Delete, args, 1);
  }
  leave_vm();
  callbacks = nullptr;
}

/// Lets go of the VM; the worker may then end it.
void WasmFilter::leave_vm() {
  if (is_paused()) {
    worker_.pauses().remove(*this);
  }
  if (vm_ == nullptr) {
    return;
  }
  Vm& vm = *vm_;
  vm_ = nullptr;
  if (id != 0) {
    vm.forget(*this);
  }
  vm.remove_stream();
  worker_.on_stream_left(vm, is_probe_);
}

void WasmFilter::run_pending() {
  const uint8_t asked = std::exchange(pending, 0);
  if (callbacks == nullptr || logging) {
    return;
  }
  if ((asked & kReply) != 0 && reply != nullptr) {
    const auto made = std::move(reply);
    if (is_paused()) {
      worker_.pauses().remove(*this);
    }
    if (!callbacks->send_local_reply(std::move(*made))) {
      worker_.plugin().code().log(
          LogLevel::Warn, fmt::format("the local reply of stream context {} is ignored: a response "
                                      "was sent already",
                                      id));
    }
  }
  if ((asked & kClose) != 0) {
    callbacks->reset_stream("wasm_close_stream");
  }
  if ((asked & kInject) != 0 && injection != nullptr) {
    const auto made = std::move(injection);
    callbacks->inject_response_data(made->bytes, made->end_stream);
  }
  for (const auto direction : {Direction::Request, Direction::Response}) {
    if ((asked & continue_bit(direction)) != 0 && callbacks != nullptr && state_ == State::Live) {
      let_go(direction);
      callbacks->continue_stream(direction);
    }
  }
}

/// The VM broke, in this stream or in another: one outcome, by the policy.
void WasmFilter::on_vm_failed(FailureCause cause) {
  if (vm_ == nullptr) {
    return;
  }
  const bool ended = done_ || logging;
  const bool open = worker_.plugin().spec().opens_on(cause);
  leave_vm();
  pending = 0;
  state_ = open ? State::Skipped : State::Failed;
  if (ended || callbacks == nullptr) {
    return;
  }
  worker_.count(open ? worker_.plugin().metrics().skipped_streams
                     : worker_.plugin().metrics().failed_streams);
  callbacks->fail_stream(open, filter::reply_for(FailureKind::PluginFailed));
}

void WasmFilter::on_pause_limit() {
  if (vm_ == nullptr || callbacks == nullptr || state_ != State::Live) {
    return;
  }
  worker_.count(worker_.plugin().metrics().pause_limit);
  worker_.plugin().code().log(
      LogLevel::Warn,
      fmt::format("stream context {} was held longer than the pause limit; answered 504", id));
  callbacks->fail_stream(false, filter::reply_for(FailureKind::PluginPauseLimit));
}

Verdict UnavailableFilter::on_headers(Direction direction, http::HeaderMap& /*headers*/,
                                      bool /*end_stream*/) {
  if (direction == Direction::Response) {
    return filter::kContinue;
  }
  callbacks_->fail_stream(false, filter::reply_for(kind_));
  return filter::kStopWatermark;
}

}  // namespace wasmgate::wasm
