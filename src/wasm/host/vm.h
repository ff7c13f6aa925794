#pragma once
// One sandbox of one plug-in: the instance, its contexts, and the one way into the guest. Belongs
// to one worker (before adoption: to the preparation thread).
//
//   enter(context, callback) ── guest runs ──► host functions (hostcalls/, wasi/) read and note
//            │                                      └─ allocate() is the only way back in (D7)
//            └─ after the guest has returned: what was asked for is carried out; a broken call ends
//            the VM
//
// After a call that failed the VM is broken for good: every stream context was told, nothing enters
// it again.

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/abi/callbacks.h"
#include "wasm/abi/enums.h"
#include "wasm/host/context.h"
#include "wasm/host/declared_state.h"
#include "wasm/host/guest_log.h"
#include "wasm/host/host_services.h"
#include "wasm/host/plugin_code.h"
#include "wasm/host/root_context.h"

namespace wasmgate::wasm {

class PluginWorker;

/// Which host functions a guest may call now. Bits, matched against a function's own.
enum CallMode : uint32_t {
  kModeNormal = 1,
  kModeStart = 2,      // before the root context exists: _initialize, _start, main
  kModeAllocator = 4,  // inside the guest's allocator: reads and WASI only
};

/// One host call, for the trap log.
struct CallRecord {
  const HostFunction* function = nullptr;
  std::array<uint32_t, 6> args{};
};

class Vm {
 public:
  static constexpr size_t kRecords = 16;

  /// Instantiates, starts and configures (ABI 2.3). Thread: the preparation thread.
  static tl::expected<std::unique_ptr<Vm>, PluginFailure> make(std::shared_ptr<PluginCode> code);
  ~Vm();
  Vm(const Vm&) = delete;
  Vm& operator=(const Vm&) = delete;

  const PluginCode& code() const { return *code_; }
  PluginCode& code() { return *code_; }
  const PluginSpec& spec() const { return code_->spec; }
  const PluginLimits& limits() const { return code_->spec.limits; }
  AbiVersion version() const { return version_; }
  /// Header status 1 holds the head while body callbacks run: by the ABI's version or by setting.
  bool holds_heads() const { return holds_heads_; }
  RootContext& root() { return root_; }
  GuestLog& guest_log() { return guest_log_; }
  /// Notes that the guest log has a part of a line, to be written when the callback ends.
  void log_waits() { log_waits_ = true; }

  // ---- The worker's side.

  /// The VM now lives on a worker: timers and calls that were asked for begin.
  void attach(PluginWorker& worker, HostServices& services);
  bool attached() const { return services_ != nullptr; }
  /// Who is told when this VM breaks; before attach(), when streams may come first.
  void set_worker(PluginWorker& worker) { worker_ = &worker; }
  HostServices* services() { return services_; }
  PluginWorker* worker() { return worker_; }
  const Clock& clock() const {
    return services_ != nullptr ? services_->clock() : code_->process.clock;
  }
  /// Counts into this worker's metrics.
  void count(MetricId metric, int64_t delta = 1);
  /// Writes what was counted here (streams, host calls, guest time, memory) into the metrics, and
  /// looks whether it should be replaced.
  void flush_metrics();

  bool broken() const { return broken_; }
  /// True while guest code, or the carrying out of what it asked for, is on the stack.
  bool busy() const { return depth_ > 0 || draining_; }
  /// Why it broke; means something only then.
  FailureCause broken_by() const { return broken_by_; }
  /// Streams that may still call it, known to the guest or not yet. It lives until there are none.
  size_t streams() const { return streams_; }
  void add_stream() {
    ++streams_;
    ++streams_seen_;
  }
  void remove_stream() { --streams_; }
  /// The guest asked to be replaced, uses more memory than the threshold, or is old.
  bool wants_replacement() const { return rebuild_asked_ || worn_; }
  void ask_for_rebuild() { rebuild_asked_ = true; }

  DeclaredState& declared_state() { return declared_state_; }

  // ---- Contexts.

  /// Makes the stream known to the guest. False: the VM broke.
  bool create(StreamContext& stream);
  /// Forgets the stream without a call.
  void forget(StreamContext& stream);
  Context* find(uint32_t id) const { return contexts_.find(id); }

  // ---- Entering the guest.

  bool has(Callback callback) const { return (has_ >> static_cast<uint32_t>(callback) & 1) != 0; }

  /// Calls `callback` (which the guest has) with `args`; its result comes back in args[0]. `args`
  /// has room for the larger number of arguments and results. Afterwards what was asked for is
  /// carried out. False: the VM is broken now. Requires: no guest on the stack, not broken.
  bool enter(Context& context, Callback callback, Value* args, size_t count);

  // ---- For host functions.

  /// The effective context of the running callback.
  Context& effective() { return *effective_; }
  Context& current() { return *current_; }
  /// D8: only a living context of this VM.
  bool set_effective(uint32_t id);
  Callback callback() const { return callback_; }
  bool in_guest() const { return depth_ > 0; }
  GuestMemory memory() { return guest_->known_memory(); }
  size_t memory_bytes() { return guest_->memory_size_now(); }
  /// Memory from the guest's allocator; 0 when it fails. Check ending() afterwards: the allocator
  /// may have broken the call.
  uint32_t allocate(uint32_t size);
  /// Ends the running call as a trap when the host function returns.
  void end_call(TrapCause cause, std::string message, int32_t exit_code = 0);
  const char* ending() const { return ending_; }
  /// Notes that `stream` has something to be carried out after the callback.
  void ask(StreamContext& stream, uint8_t what);
  /// The same for the root context (proxy_done).
  void ask_root();

  /// Records a host call; false when the guest may not make it now.
  bool admit(const HostFunction& function, const Value* args) {
    auto& record = records_[record_at_++ % kRecords];
    record.function = &function;
    const size_t count = function.type.params.size() < record.args.size()
                             ? function.type.params.size()
                             : record.args.size();
    for (size_t i = 0; i < count; ++i) {
      record.args[i] = args[i].u32;
    }
    ++host_calls_;
    return (function.flags & mode_) != 0;
  }
  /// Logs a refused call, once per function.
  void refuse(const HostFunction& function);

  const std::array<CallRecord, kRecords>& records() const { return records_; }
  size_t record_count() const { return record_at_; }

 private:
  friend class VmStarter;

  explicit Vm(std::shared_ptr<PluginCode> code);

  uint64_t budget(const Context& context) const;
  void add_guest_time(Context& context, uint64_t ticks);
  bool after_call(Context& context, bool ok);
  bool call_guest(const FunctionRef& function, Context& context, Callback callback, Value* args,
                  size_t count, uint64_t ticks);
  bool run(const FunctionRef& function, Context& context, Callback callback, Value* args,
           size_t count, uint64_t ticks);
  void flush_counts();
  void look_for_wear(size_t memory);
  void drain(Context& context);
  void break_down(Context& context);
  PluginFailure describe_failure(FailureCause cause) const;

  // What every entry into the guest reads stands together, first.
  alignas(64) Instance* guest_ = nullptr;  // instance_, known before the start function runs
  Context* current_ = nullptr;             // the true context of the running callback
  Context* effective_ = nullptr;
  const std::atomic<uint64_t>* ticks_ = nullptr;
  uint64_t call_ticks_ = 0;
  uint32_t has_ = 0;  // a bit for each callback that the guest has
  uint32_t mode_ = kModeStart;
  uint32_t depth_ = 0;
  Callback callback_ = Callback::Initialize;
  AbiVersion version_;
  bool holds_heads_ = false;
  bool broken_ = false;
  bool draining_ = false;
  bool log_waits_ = false;  // the guest has written a part of a line
  bool rebuild_asked_ = false;
  bool worn_ = false;  // above the memory threshold, or too old

  std::vector<uint32_t> asking_;  // ids of contexts with something pending
  size_t streams_ = 0;
  const char* ending_ = nullptr;
  ContextTable contexts_;
  uint64_t streams_seen_ = 0;
  uint64_t host_calls_ = 0;
  size_t record_at_ = 0;
  std::array<FunctionRef, kCallbacks> exports_{};
  static_assert(kCallbacks <= 32);  // bits of has_

  uint64_t request_ticks_ = 0;
  uint64_t guest_ticks_ = 0;
  FunctionRef allocator_;
  HostServices* services_ = nullptr;
  PluginWorker* worker_ = nullptr;
  std::shared_ptr<PluginCode> code_;
  GuestLog guest_log_;
  std::array<CallRecord, kRecords> records_{};
  uint64_t start_ticks_ = 0;
  MonotonicTime attached_at_{};
  size_t attached_memory_ = 0;
  std::string ending_text_;
  TrapCause ending_cause_ = TrapCause::Host;
  int32_t ending_code_ = 0;
  Trap trap_;
  Trap allocator_trap_;  // of a call in between, which ends the outer one too
  bool allocator_broke_ = false;
  FailureCause broken_by_ = FailureCause::Trap;
  uint64_t streams_flushed_ = 0;
  uint64_t host_calls_flushed_ = 0;
  uint64_t guest_ticks_flushed_ = 0;
  int64_t memory_flushed_ = 0;
  std::vector<bool> refused_;  // by function index: logged already
  DeclaredState declared_state_;
  RootContext root_;
  std::unique_ptr<Instance> instance_;  // last: destroyed first
};

}  // namespace wasmgate::wasm
