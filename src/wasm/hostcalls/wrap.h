#pragma once
// From a host function in C++ to what the engine calls: unpacks arguments, asks whether the guest
// may make the call now, packs the result. All of it is known at compile time.

#include <type_traits>
#include <utility>

#include "wasm/hostcalls/host_call.h"

namespace wasmgate::wasm {

template <class T>
constexpr ValueType value_type_of() {
  static_assert(std::is_same_v<T, uint32_t> || std::is_same_v<T, uint64_t>);
  return std::is_same_v<T, uint64_t> ? ValueType::I64 : ValueType::I32;
}

template <class T>
T argument_of(const Value& value) {
  if constexpr (std::is_same_v<T, uint64_t>) {
    return value.u64;
  } else {
    return value.u32;
  }
}

/// What a call that the guest may not make gives: proxy functions IF, WASI functions "not capable".
template <class R>
uint32_t refusal_of() {
  if constexpr (std::is_same_v<R, Errno>) {
    return static_cast<uint32_t>(Errno::NotCapable);
  } else {
    return static_cast<uint32_t>(Status::InternalFailure);
  }
}

template <auto Function>
struct Wrapped;

template <class R, class... Args, R (*Function)(HostCall&, Args...)>
struct Wrapped<Function> {
  static FunctionType type() {
    FunctionType out;
    out.params = {value_type_of<Args>()...};
    if constexpr (!std::is_void_v<R>) {
      out.results = {ValueType::I32};
    }
    return out;
  }

  static const char* call(void* data, const HostFunction& self, Value* args) {
    Vm& vm = *static_cast<Vm*>(data);
    if (!vm.admit(self, args)) [[unlikely]] {
      vm.refuse(self);
      if constexpr (!std::is_void_v<R>) {
        args[0].u64 = refusal_of<R>();
      }
      return nullptr;
    }
    HostCall host_call(vm);
    invoke(host_call, args, std::index_sequence_for<Args...>());
    return vm.ending();
  }

 private:
  template <size_t... I>
  static void invoke(HostCall& host_call, Value* args, std::index_sequence<I...>) {
    if constexpr (std::is_void_v<R>) {
      Function(host_call, argument_of<Args>(args[I])...);
    } else {
      const R result = Function(host_call, argument_of<Args>(args[I])...);
      args[0].u64 = static_cast<uint32_t>(result);
    }
  }
};

}  // namespace wasmgate::wasm
