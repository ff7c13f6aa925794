#pragma once
// What every host function is written with. A host function is a plain C++ function
//
//   Status proxy_x(HostCall& call, uint32_t a, uint64_t b, …)
//
// in four steps: find the context, read memory, act, write back. Its WebAssembly type follows from
// its C++ type (uint32_t is i32, uint64_t is i64; Status and Errno are i32). wrap.h makes the
// engine's callback of it, hostcall_table.cc names it.

#include <optional>
#include <string_view>

#include "wasm/abi/enums.h"
#include "wasm/engine/guest_memory.h"
#include "wasm/host/vm.h"

namespace wasmgate::wasm {

class HostCall {
 public:
  explicit HostCall(Vm& vm) : vm_(vm), memory_(vm.memory()) {}

  Vm& vm() { return vm_; }
  const PluginLimits& limits() const { return vm_.limits(); }
  const GuestMemory& memory() const { return memory_; }

  /// The stream of the effective context; null on the root context and after the stream's end.
  StreamContext* stream() {
    Context& context = vm_.effective();
    if (context.is_root) {
      return nullptr;
    }
    auto& out = static_cast<StreamContext&>(context);
    return out.callbacks == nullptr ? nullptr : &out;
  }

  /// Bytes of the guest. Lifetime: until give() or the end of the host function.
  std::optional<std::string_view> read(uint32_t address, uint32_t size) const {
    return memory_.read(address, size);
  }

  /// Gives `bytes` to the guest in memory of its own allocator, pointer and size at the two
  /// addresses; empty bytes are pointer 0 and size 0. `bytes` must not point into guest memory.
  /// InvalidMemoryAccess: an address is bad, or the allocation failed.
  Status give(std::string_view bytes, uint32_t pointer_at, uint32_t size_at) {
    if (!memory_.holds(pointer_at, 4) || !memory_.holds(size_at, 4)) {
      return Status::InvalidMemoryAccess;
    }
    uint32_t address = 0;
    if (!bytes.empty()) {
      uint8_t* to = reserve(bytes.size(), address);
      if (to == nullptr) {
        return Status::InvalidMemoryAccess;
      }
      std::memcpy(to, bytes.data(), bytes.size());
    }
    return write_pair(address, bytes.size(), pointer_at, size_at);
  }

  /// For data that is written in place: memory of the guest's allocator. Null when that failed.
  /// Lifetime: as read().
  uint8_t* reserve(size_t size, uint32_t& address) {
    if (size > UINT32_MAX) {
      return nullptr;
    }
    address = vm_.allocate(static_cast<uint32_t>(size));
    memory_ = vm_.memory();
    if (address == 0 || vm_.ending() != nullptr) {
      return nullptr;
    }
    const auto span = memory_.span(address, static_cast<uint32_t>(size));
    return span ? span->data() : nullptr;
  }

  Status write_pair(uint32_t pointer, size_t size, uint32_t pointer_at, uint32_t size_at) const {
    return memory_.write_u32(pointer_at, pointer) &&
                   memory_.write_u32(size_at, static_cast<uint32_t>(size))
               ? Status::Ok
               : Status::InvalidMemoryAccess;
  }

  /// Logs why a call is refused; `what` names the rule. Returns BadArgument.
  Status bad_argument(std::string_view what);
  void warn(std::string_view what);

 private:
  Vm& vm_;
  GuestMemory memory_;
};

}  // namespace wasmgate::wasm
