#pragma once
// Compiled and linked modules on Wasmtime.

#include <memory>

#include "wasm/engine/engine.h"
#include "wasm/engine/wasmtime/epoch_ticker.h"
#include "wasm/engine/wasmtime/wasmtime_handles.h"

namespace wasmgate::wasm {

/// What lives as long as anything of the engine does: modules and instances share it.
struct WasmtimeCore {
  EngineHandle engine;
  std::unique_ptr<EpochTicker> ticker;
  bool memories_stay = false;  // a memory has its largest size reserved, so it never moves
};

class WasmtimeModule final : public Module {
 public:
  WasmtimeModule(std::shared_ptr<WasmtimeCore> core, ModuleHandle module);

  Result<std::unique_ptr<LinkedModule>> link(
      std::span<const HostFunction> functions) const override;
  Result<std::string> serialize() const override;

 private:
  std::shared_ptr<WasmtimeCore> core_;
  ModuleHandle module_;
};

class WasmtimeLinkedModule final : public LinkedModule {
 public:
  WasmtimeLinkedModule(std::shared_ptr<WasmtimeCore> core, LinkerHandle linker,
                       InstancePreHandle pre);

  Result<std::unique_ptr<Instance>> instantiate(void* data, const InstanceLimits& limits,
                                                uint64_t start_ticks,
                                                Instance** starting) const override;

 private:
  std::shared_ptr<WasmtimeCore> core_;
  LinkerHandle linker_;
  InstancePreHandle pre_;
};

}  // namespace wasmgate::wasm
