#pragma once
// One sandbox: a store with one instance in it.

#include <memory>
#include <vector>

#include "wasm/engine/engine.h"
#include "wasm/engine/wasmtime/wasmtime_module.h"

namespace wasmgate::wasm {

class WasmtimeInstance final : public Instance {
 public:
  static Result<std::unique_ptr<Instance>> make(std::shared_ptr<WasmtimeCore> core,
                                                const wasmtime_instance_pre_t* pre, void* data,
                                                const InstanceLimits& limits, uint64_t start_ticks,
                                                Instance** starting);
  ~WasmtimeInstance() override;

  FunctionRef find_function(std::string_view name, const FunctionType& type) override;
  bool call(FunctionRef function, Value* args, size_t count, uint64_t ticks, Trap& trap) override;
  bool call_nested(FunctionRef function, Value* args, size_t count, Trap& trap) override;
  GuestMemory memory() override;

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

  void find_memory(wasmtime_caller_t* caller);
  void take_memory(wasmtime_extern_t& item);

  void begin(uint64_t ticks) {
    wasmtime_context_set_epoch_deadline(context_, ticks);
    ticker_.enter(slot_);
  }
  void end() { ticker_.leave(slot_); }

  std::shared_ptr<WasmtimeCore> core_;
  EpochTicker& ticker_;  // core_'s
  StoreHandle store_;
  wasmtime_context_t* context_;
  void* data_;
  bool complete_ = false;  // instantiated
  wasmtime_instance_t instance_{};
  wasmtime_memory_t memory_{};
  bool has_memory_ = false;
  std::vector<wasmtime_func_t> functions_;  // FunctionRef − 1
  ActivitySlot slot_;
};

}  // namespace wasmgate::wasm
