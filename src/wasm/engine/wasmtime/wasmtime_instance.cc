#include "wasm/engine/wasmtime/wasmtime_instance.h"

namespace wasmgate::wasm {
namespace {

ValueType value_type_of(const wasm_valtype_t* type) {
  switch (wasm_valtype_kind(type)) {
    case WASM_I32:
      return ValueType::I32;
    case WASM_I64:
      return ValueType::I64;
    case WASM_F32:
      return ValueType::F32;
    case WASM_F64:
      return ValueType::F64;
    default:
      return ValueType::Other;
  }
}

std::vector<ValueType> value_types_of(const wasm_valtype_vec_t* types) {
  std::vector<ValueType> out;
  for (size_t i = 0; i < types->size; ++i) {
    out.push_back(value_type_of(types->data[i]));
  }
  return out;
}

constexpr std::string_view kMemory = "memory";

}  // namespace

WasmtimeInstance::WasmtimeInstance(std::shared_ptr<WasmtimeCore> core, StoreHandle store,
                                   void* data)
    : context_(wasmtime_store_context(store.get())),
      ticker_(*core->ticker),
      data_(data),
      core_(std::move(core)),
      store_(std::move(store)) {
  wasmtime_context_set_data(context_, this);
  ticker_.add(&slot_);
}

WasmtimeInstance::~WasmtimeInstance() { ticker_.remove(&slot_); }

Result<std::unique_ptr<Instance>> WasmtimeInstance::make(std::shared_ptr<WasmtimeCore> core,
                                                         const wasmtime_instance_pre_t* pre,
                                                         void* data, const InstanceLimits& limits,
                                                         uint64_t start_ticks,
                                                         Instance** starting) {
  StoreHandle store(wasmtime_store_new(core->engine.get(), nullptr, nullptr));
  wasmtime_store_limiter(store.get(), static_cast<int64_t>(limits.memory_bytes),
                         static_cast<int64_t>(limits.table_elements), 1, -1, 1);
  std::unique_ptr<WasmtimeInstance> out(
      new WasmtimeInstance(std::move(core), std::move(store), data));
  if (starting != nullptr) {
    *starting = out.get();
  }
  out->begin(start_ticks);
  wasm_trap_t* trap = nullptr;
  auto* error = wasmtime_instance_pre_instantiate(pre, out->context_, &out->instance_, &trap);
  out->end();
  if (error != nullptr || trap != nullptr) {
    Trap reason;
    read_trap(error, trap, reason);
    return fail(reason.cause == TrapCause::Deadline ? ErrorCode::Timeout : ErrorCode::Internal,
                trap != nullptr ? "the start function failed: " + reason.detail : reason.detail,
                ErrorSource::Plugin);
  }
  wasmtime_extern_t item;
  if (wasmtime_instance_export_get(out->context_, &out->instance_, kMemory.data(), kMemory.size(),
                                   &item)) {
    out->take_memory(item);
  }
  out->complete_ = true;
  return out;
}

void WasmtimeInstance::find_memory(wasmtime_caller_t* caller) {
  wasmtime_extern_t item;
  if (!has_memory_ && wasmtime_caller_export_get(caller, kMemory.data(), kMemory.size(), &item)) {
    take_memory(item);
  }
}

void WasmtimeInstance::take_memory(wasmtime_extern_t& item) {
  has_memory_ = item.kind == WASMTIME_EXTERN_MEMORY;
  if (has_memory_) {
    memory_ = item.of.memory;
    stays_ = core_->memories_stay;
    base_ = wasmtime_memory_data(context_, &memory_);
    known_size_ = wasmtime_memory_data_size(context_, &memory_);
  }
  wasmtime_extern_delete(&item);
}

FunctionRef WasmtimeInstance::find_function(std::string_view name, const FunctionType& type) {
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(context_, &instance_, name.data(), name.size(), &item)) {
    return {};
  }
  if (item.kind != WASMTIME_EXTERN_FUNC) {
    wasmtime_extern_delete(&item);
    return {};
  }
  const FunctionTypeHandle actual(wasmtime_func_type(context_, &item.of.func));
  if (value_types_of(wasm_functype_params(actual.get())) != type.params ||
      value_types_of(wasm_functype_results(actual.get())) != type.results) {
    return {};
  }
  return {item.of.func.store_id, item.of.func.__private};
}

/// The one way in. False: the call was ended.
inline bool WasmtimeInstance::invoke(const FunctionRef& function, Value* args, size_t count,
                                     Trap& trap) {
  const wasmtime_func_t callee{function.store, function.function};
  wasm_trap_t* raw_trap = nullptr;
  auto* error = wasmtime_func_call_unchecked(
      context_, &callee, reinterpret_cast<wasmtime_val_raw_t*>(args), count, &raw_trap);
  if (error == nullptr && raw_trap == nullptr) [[likely]] {
    return true;
  }
  read_trap(error, raw_trap, trap);
  return false;
}

bool WasmtimeInstance::call(const FunctionRef& function, Value* args, size_t count, uint64_t ticks,
                            Trap& trap) {
  begin(ticks);
  const bool ok = invoke(function, args, count, trap);
  end();
  return ok;
}

bool WasmtimeInstance::call_nested(const FunctionRef& function, Value* args, size_t count,
                                   Trap& trap) {
  return invoke(function, args, count, trap);
}

GuestMemory WasmtimeInstance::memory() {
  if (!has_memory_) {
    return {};
  }
  return {wasmtime_memory_data(context_, &memory_), memory_size_now()};
}

size_t WasmtimeInstance::memory_size_now() {
  known_size_ = has_memory_ ? wasmtime_memory_data_size(context_, &memory_) : 0;
  return known_size_;
}

}  // namespace wasmgate::wasm
