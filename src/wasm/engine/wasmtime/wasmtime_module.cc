#include "wasm/engine/wasmtime/wasmtime_module.h"

#include "wasm/engine/wasmtime/wasmtime_instance.h"

namespace wasmgate::wasm {
namespace {

wasm_valtype_t* make_value_type(ValueType type) {
  switch (type) {
    case ValueType::I64:
      return wasm_valtype_new(WASM_I64);
    case ValueType::F32:
      return wasm_valtype_new(WASM_F32);
    case ValueType::F64:
      return wasm_valtype_new(WASM_F64);
    case ValueType::I32:
    case ValueType::Other:
      break;
  }
  return wasm_valtype_new(WASM_I32);
}

wasm_valtype_vec_t make_value_types(const std::vector<ValueType>& types) {
  wasm_valtype_vec_t out;
  wasm_valtype_vec_new_uninitialized(&out, types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    out.data[i] = make_value_type(types[i]);
  }
  return out;
}

FunctionTypeHandle make_function_type(const FunctionType& type) {
  auto params = make_value_types(type.params);
  auto results = make_value_types(type.results);
  return FunctionTypeHandle(wasm_functype_new(&params, &results));
}

static_assert(sizeof(Value) == sizeof(wasmtime_val_raw_t));
static_assert(alignof(Value) == alignof(wasmtime_val_raw_t));

wasm_trap_t* call_host(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* args,
                       size_t /*count*/) {
  const auto& function = *static_cast<const HostFunction*>(env);
  auto* instance =
      static_cast<WasmtimeInstance*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
  const char* message =
      function.callback(instance->data_for(caller), function, reinterpret_cast<Value*>(args));
  if (message == nullptr) [[likely]] {
    return nullptr;
  }
  return wasmtime_trap_new(message, std::char_traits<char>::length(message));
}

}  // namespace

WasmtimeModule::WasmtimeModule(std::shared_ptr<WasmtimeCore> core, ModuleHandle module)
    : core_(std::move(core)), module_(std::move(module)) {}

Result<std::unique_ptr<LinkedModule>> WasmtimeModule::link(
    std::span<const HostFunction> functions) const {
  LinkerHandle linker(wasmtime_linker_new(core_->engine.get()));
  wasmtime_linker_allow_shadowing(linker.get(), true);
  for (const auto& function : functions) {
    const auto type = make_function_type(function.type);
    auto* error = wasmtime_linker_define_func_unchecked(
        linker.get(), function.module.data(), function.module.size(), function.name.data(),
        function.name.size(), type.get(), call_host, const_cast<HostFunction*>(&function), nullptr);
    if (error != nullptr) {
      return fail(ErrorCode::InvalidArgument, take_message(error), ErrorSource::Plugin);
    }
  }
  wasmtime_instance_pre_t* pre = nullptr;
  if (auto* error = wasmtime_linker_instantiate_pre(linker.get(), module_.get(), &pre);
      error != nullptr) {
    return fail(ErrorCode::InvalidArgument, take_message(error), ErrorSource::Plugin);
  }
  return std::make_unique<WasmtimeLinkedModule>(core_, std::move(linker), InstancePreHandle(pre));
}

Result<std::string> WasmtimeModule::serialize() const {
  wasm_byte_vec_t bytes;
  if (auto* error = wasmtime_module_serialize(module_.get(), &bytes); error != nullptr) {
    return fail(ErrorCode::Internal, take_message(error));
  }
  std::string out(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return out;
}

WasmtimeLinkedModule::WasmtimeLinkedModule(std::shared_ptr<WasmtimeCore> core, LinkerHandle linker,
                                           InstancePreHandle pre)
    : core_(std::move(core)), linker_(std::move(linker)), pre_(std::move(pre)) {}

Result<std::unique_ptr<Instance>> WasmtimeLinkedModule::instantiate(void* data,
                                                                    const InstanceLimits& limits,
                                                                    uint64_t start_ticks,
                                                                    Instance** starting) const {
  return WasmtimeInstance::make(core_, pre_.get(), data, limits, start_ticks, starting);
}

}  // namespace wasmgate::wasm
