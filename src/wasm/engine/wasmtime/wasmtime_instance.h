#pragma once
// One sandbox: a store with one instance in it.

#include <memory>
#include <vector>

#include "wasm/engine/engine.h"
#include "wasm/engine/wasmtime/wasmtime_module.h"

namespace wasmgate::wasm {

/// What every call reads stands first, in one cache line.
class alignas(64) WasmtimeInstance final : public Instance {
 public:
  static Result<std::unique_ptr<Instance>> make(std::shared_ptr<WasmtimeCore> core,
                                                const wasmtime_instance_pre_t* pre, void* data,
                                                const InstanceLimits& limits, uint64_t start_ticks,
                                                Instance** starting);
  ~WasmtimeInstance() override;

  FunctionRef find_function(std::string_view name, const FunctionType& type) override;
  bool call(const FunctionRef& function, Value* args, size_t count, uint64_t ticks,
            Trap& trap) override;
  bool call_nested(const FunctionRef& function, Value* args, size_t count, Trap& trap) override;
  GuestMemory memory() override;
  GuestMemory known_memory() override {
    return stays_ ? GuestMemory(base_, known_size_, this) : memory();
  }
  size_t memory_size_now() override;

  /// What a host function gets. The start function runs before the memory is known here: then it is
  /// found by its caller.
  void* data_for(wasmtime_caller_t* caller) {
    if (!complete_) [[unlikely]] {
      find_memory(caller);
    }
    return data_;
  }

 private:
  WasmtimeInstance(std::shared_ptr<WasmtimeCore> core, StoreHandle store, void* data);

  bool invoke(const FunctionRef& function, Value* args, size_t count, Trap& trap);
  void find_memory(wasmtime_caller_t* caller);
  void take_memory(wasmtime_extern_t& item);

  /// The deadline is counted in whole ticks, so within one tick it stays the same.
  void begin(uint64_t ticks) {
    const uint64_t now = ticker_.ticks().load(std::memory_order_acquire);
    if (now != deadline_from_ || ticks != deadline_ticks_) {
      wasmtime_context_set_epoch_deadline(context_, ticks);
      deadline_from_ = now;
      deadline_ticks_ = ticks <= UINT32_MAX ? static_cast<uint32_t>(ticks) : 0;
    }
    ticker_.enter(slot_);
  }
  void end() { ticker_.leave(slot_); }

  wasmtime_context_t* context_;
  EpochTicker& ticker_;  // core_'s
  void* data_;
  uint8_t* base_ = nullptr;
  size_t known_size_ = 0;
  uint64_t deadline_from_ =
      UINT64_MAX;                // the tick in which the deadline was set; UINT64_MAX: never
  uint32_t deadline_ticks_ = 0;  // how far; 0: too far to remember
  ActivitySlot slot_;
  bool complete_ = false;  // instantiated
  bool has_memory_ = false;
  bool stays_ = false;  // base_ is where the memory stays; known_size_ may be an earlier size

  std::shared_ptr<WasmtimeCore> core_;
  StoreHandle store_;
  wasmtime_instance_t instance_{};
  wasmtime_memory_t memory_{};
};

}  // namespace wasmgate::wasm
