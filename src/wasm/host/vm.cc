#include "wasm/host/vm.h"

#include <algorithm>

#include "wasm/host/plugin_worker.h"
#include "wasm/host/trap_report.h"

namespace wasmgate::wasm {

namespace {
// The allocator may call host functions that allocate; this deep, and no deeper.
constexpr uint32_t kMaxDepth = 4;

constexpr std::chrono::seconds kMemoryRecycleAge{1};
}  // namespace

Vm::Vm(std::shared_ptr<PluginCode> code)
    : version_(code->version), code_(std::move(code)), guest_log_(*this), root_(*this) {
  holds_heads_ = version_ == AbiVersion::V0_2_100 || limits().allow_on_headers_stop_iteration;
  const auto& engine = code_->process.engine;
  ticks_ = &engine.ticks();
  call_ticks_ = engine.ticks_for(limits().call_deadline);
  start_ticks_ = engine.ticks_for(limits().start_deadline);
  request_ticks_ = engine.ticks_for(limits().request_deadline) - 1;
  refused_.resize(code_->function_count());
  current_ = effective_ = &root_;  // also for the module's start function
}

Vm::~Vm() {
  root_.stop();
  if (instance_ != nullptr) {
    flush_counts();
    count(code_->metrics.vms, -1);
    count(code_->metrics.memory_bytes, -memory_flushed_);
  }
}

void Vm::attach(PluginWorker& worker, HostServices& services) {
  worker_ = &worker;
  services_ = &services;
  attached_at_ = services.clock().now();
  attached_memory_ = memory_bytes();
  root_.attach();
}

void Vm::count(MetricId metric, int64_t delta) {
  if (services_ != nullptr) {
    services_->metrics().add(metric, delta);
  } else {
    code_->process.metrics.add(metric, delta);
  }
}

void Vm::flush_counts() {
  count(code_->metrics.streams, static_cast<int64_t>(streams_seen_ - streams_flushed_));
  streams_flushed_ = streams_seen_;
  count(code_->metrics.host_calls, static_cast<int64_t>(host_calls_ - host_calls_flushed_));
  host_calls_flushed_ = host_calls_;
  const auto tick_ns = code_->process.engine.tick().count();
  count(code_->metrics.guest_time,
        static_cast<int64_t>(guest_ticks_ - guest_ticks_flushed_) * tick_ns);
  guest_ticks_flushed_ = guest_ticks_;
}

void Vm::flush_metrics() {
  flush_counts();
  const auto memory = static_cast<int64_t>(memory_bytes());
  count(code_->metrics.memory_bytes, memory - memory_flushed_);
  memory_flushed_ = memory;
  look_for_wear(static_cast<size_t>(memory));
}

/// Memory counts only when it has grown while the VM served, and not in its first moments: one that
/// is large from its configuration on would be replaced by its like again and again.
void Vm::look_for_wear(size_t memory) {
  if (!attached()) {
    return;
  }
  const auto& l = limits();
  const auto age = clock().now() - attached_at_;
  const bool large = memory * 100 > l.memory_limit_bytes * l.recycle_memory_percent &&
                     memory > attached_memory_ && age >= kMemoryRecycleAge;
  const bool old = l.recycle_age.count() > 0 && age >= l.recycle_age;
  worn_ = large || old;
}

bool Vm::create(StreamContext& stream) {
  contexts_.add(stream);
  if (!has(Callback::ContextCreate)) {
    return true;
  }
  Value args[2];
  args[0].u32 = stream.id;
  args[1].u32 = root_.id;
  return enter(stream, Callback::ContextCreate, args, 2);
}

void Vm::forget(StreamContext& stream) { contexts_.remove(stream); }

bool Vm::set_effective(uint32_t id) {
  Context* context = contexts_.find(id);
  if (context == nullptr) {
    return false;
  }
  effective_ = context;
  return true;
}

/// Ticks that a call on `context` may take: the call's own deadline, or what is left of its
/// stream's.
inline uint64_t Vm::budget(const Context& context) const {
  if (context.is_root) {
    return call_ticks_;
  }
  const uint64_t used = static_cast<const StreamContext&>(context).ticks_used;
  if (used == 0) [[likely]] {
    return call_ticks_;
  }
  return std::min(call_ticks_, used < request_ticks_ ? request_ticks_ - used + 1 : 1);
}

bool Vm::run(const FunctionRef& function, Context& context, Callback callback, Value* args,
             size_t count, uint64_t ticks) {
  return call_guest(function, context, callback, args, count, ticks);
}

inline bool Vm::call_guest(const FunctionRef& function, Context& context, Callback callback,
                           Value* args, size_t count, uint64_t ticks) {
  current_ = effective_ = &context;
  callback_ = callback;
  depth_ = 1;
  const uint64_t before = ticks_->load(std::memory_order_relaxed);
  const bool ok = guest_->call(function, args, count, ticks, trap_);
  depth_ = 0;
  if (const uint64_t spent = ticks_->load(std::memory_order_relaxed) - before; spent != 0)
      [[unlikely]] {
    add_guest_time(context, spent);
  }
  if (log_waits_) [[unlikely]] {
    log_waits_ = false;
    guest_log_.flush();
  }
  return ok;
}

void Vm::add_guest_time(Context& context, uint64_t ticks) {
  guest_ticks_ += ticks;
  if (!context.is_root) {
    static_cast<StreamContext&>(context).ticks_used += static_cast<uint32_t>(ticks);
  }
}

bool Vm::enter(Context& context, Callback callback, Value* args, size_t count) {
  const bool ok = call_guest(exports_[static_cast<size_t>(callback)], context, callback, args,
                             count, budget(context));
  return ok && asking_.empty() && !broken_ ? true : after_call(context, ok);
}

/// What seldom follows a call: it was ended, or something was asked for.
bool Vm::after_call(Context& context, bool ok) {
  if (!ok) {
    break_down(context);
    return false;
  }
  if (!asking_.empty()) {
    drain(context);
  }
  return !broken_;
}

void Vm::ask_root() { asking_.push_back(root_.id); }

void Vm::ask(StreamContext& stream, uint8_t what) {
  stream.pending |= what;
  if (!stream.queued) {
    stream.queued = true;
    asking_.push_back(stream.id);
  }
}

/// The context of the callback first: what it asks for must reach its stream before the callback's
/// verdict does. The others by the outermost drain, one after the other, since carrying out may
/// enter the guest again.
void Vm::drain(Context& context) {
  if (!context.is_root && static_cast<StreamContext&>(context).queued) {
    auto& stream = static_cast<StreamContext&>(context);
    stream.queued = false;
    std::erase(asking_, stream.id);
    stream.run_pending();
  }
  if (draining_) {
    return;
  }
  draining_ = true;
  while (!asking_.empty()) {
    const uint32_t id = asking_.front();
    asking_.erase(asking_.begin());
    Context* other = contexts_.find(id);
    if (other == &root_) {
      root_.run_pending();
    } else if (other != nullptr) {
      auto& stream = static_cast<StreamContext&>(*other);
      stream.queued = false;
      stream.run_pending();
    }
  }
  draining_ = false;
}

uint32_t Vm::allocate(uint32_t size) {
  if (!allocator_ || depth_ >= kMaxDepth || ending_ != nullptr) {
    return 0;
  }
  Value args[1];
  args[0].u32 = size;
  const uint32_t mode = mode_;
  mode_ = kModeAllocator;
  ++depth_;
  const bool ok = guest_->call_nested(allocator_, args, 1, allocator_trap_);
  --depth_;
  mode_ = mode;
  if (!ok) {
    if (ending_ == nullptr) {
      allocator_broke_ = true;
      end_call(allocator_trap_.cause, "the guest's allocator failed: " + allocator_trap_.message);
    }
    return 0;
  }
  return args[0].u32;
}

void Vm::end_call(TrapCause cause, std::string message, int32_t exit_code) {
  ending_text_ = std::move(message);
  ending_ = ending_text_.c_str();
  ending_cause_ = cause;
  ending_code_ = exit_code;
}

void Vm::refuse(const HostFunction& function) {
  count(code_->metrics.refused_calls);
  if (refused_[function.index]) {
    return;
  }
  refused_[function.index] = true;
  const bool denied = (function.flags & (kModeNormal | kModeStart | kModeAllocator)) == 0;
  code_->log(LogLevel::Error, fmt::format("{} is refused: {} (said once)", function.name,
                                          denied ? "it is not on the plug-in's capability list"
                                          : mode_ == kModeAllocator
                                              ? "the guest's allocator may not change host state"
                                              : "not before the root context exists"));
}

PluginFailure Vm::describe_failure(FailureCause cause) const {
  PluginFailure failure;
  failure.cause = cause;
  failure.message = trap_report({.code = *code_,
                                 .trap = trap_,
                                 .cause = cause,
                                 .callback = callback_,
                                 .context = current_,
                                 .records = records_,
                                 .record_count = record_at_,
                                 .last_lines = guest_log_.last_lines()});
  return failure;
}

void Vm::break_down(Context& context) {
  if (ending_ != nullptr) {
    if (allocator_broke_) {
      trap_ = std::move(allocator_trap_);
    }
    trap_.cause = ending_cause_;
    trap_.exit_code = ending_code_;
    trap_.message = ending_text_;
  }
  const FailureCause cause =
      failure_cause_of(trap_, guest_log_.last_lines(), instance_->memory().size(), limits());
  broken_ = true;
  broken_by_ = cause;
  code_->process.logger.log(LogLevel::Error, "{}", describe_failure(cause).message);
  count(cause == FailureCause::Deadline ? code_->metrics.deadlines
        : cause == FailureCause::Memory ? code_->metrics.memory_failures
                                        : code_->metrics.traps);
  root_.stop();
  asking_.clear();
  // The stream of this callback first; each filter lets go of this VM in on_vm_failed.
  if (!context.is_root) {
    static_cast<StreamContext&>(context).on_vm_failed(cause);
  }
  for (Context* other : contexts_.all()) {
    if (!other->is_root && contexts_.find(other->id) == other) {
      static_cast<StreamContext&>(*other).on_vm_failed(cause);
    }
  }
  if (worker_ != nullptr) {
    worker_->on_vm_failed(*this, cause);
  }
}

}  // namespace wasmgate::wasm
