#include "wasm/host/plugin.h"

#include "wasm/host/vm.h"

namespace wasmgate::wasm {

Plugin::Plugin(std::shared_ptr<PluginCode> code)
    : code_(std::move(code)), crashes_(code_->spec.limits, code_->process.random) {}

Plugin::~Plugin() = default;

tl::expected<std::shared_ptr<Plugin>, PluginFailure> Plugin::create(
    std::shared_ptr<const Module> module, std::string_view bytes, PluginSpec spec,
    const ProcessServices& process) {
  auto code = PluginCode::make(std::move(module), bytes, std::move(spec), process);
  if (!code) {
    return tl::unexpected(code.error());
  }
  return std::shared_ptr<Plugin>(new Plugin(std::move(*code)));
}

tl::expected<std::unique_ptr<Vm>, PluginFailure> Plugin::prepare_vm() { return Vm::make(code_); }

std::unique_ptr<Vm> Plugin::take_spare() {
  const std::lock_guard lock(spare_mutex_);
  return std::move(spare_);
}

void Plugin::store_spare(std::unique_ptr<Vm> vm) {
  const std::lock_guard lock(spare_mutex_);
  spare_ = std::move(vm);
}

bool Plugin::has_spare() const {
  const std::lock_guard lock(spare_mutex_);
  return spare_ != nullptr;
}

}  // namespace wasmgate::wasm
