// From a linked module to a configured VM (ABI 2.3): instantiate; _initialize and main, or _start;
// the root context; on_vm_start; on_configure. Each step has its own deadline and its own way to
// fail.

#include "fmt/format.h"
#include "wasm/host/trap_report.h"
#include "wasm/host/vm.h"

namespace wasmgate::wasm {

class VmStarter {
 public:
  explicit VmStarter(Vm& vm) : vm_(vm) {}

  tl::expected<void, PluginFailure> run() {
    if (!instantiate() || !run_start() || !make_root() || !start_vm() || !configure()) {
      return tl::unexpected(std::move(failure_));
    }
    return {};
  }

 private:
  bool refuse(FailureCause cause, std::string_view what) {
    failure_ = {cause, fmt::format("plug-in {} {}", vm_.spec().resource, what)};
    return false;
  }

  bool instantiate() {
    const auto& limits = vm_.limits();
    auto instance = vm_.code_->linked().instantiate(
        &vm_, {.memory_bytes = limits.memory_limit_bytes, .table_elements = limits.table_elements},
        vm_.start_ticks_, &vm_.guest_);
    vm_.guest_log_.flush();
    if (!instance) {
      return refuse(FailureCause::Start, "cannot be started: " + instance.error().detail);
    }
    vm_.instance_ = std::move(*instance);
    vm_.guest_ = vm_.instance_.get();
    vm_.count(vm_.code_->metrics.vms);
    resolve_exports();
    return true;
  }

  void resolve_exports() {
    for (size_t i = 0; i < kCallbacks; ++i) {
      const auto callback = static_cast<Callback>(i);
      const auto name = name_of(callback);
      if (name.starts_with("proxy_on_") && callback != Callback::MemoryAllocate &&
          !vm_.code_->allows(name)) {
        continue;
      }
      vm_.exports_[i] = vm_.instance_->find_function(name, type_of(callback, vm_.version()));
      vm_.has_ |= vm_.exports_[i] ? 1U << i : 0U;
    }
    const auto& own = vm_.exports_[static_cast<size_t>(Callback::MemoryAllocate)];
    vm_.allocator_ = own ? own : vm_.exports_[static_cast<size_t>(Callback::Malloc)];
  }

  /// One call with the start deadline. A clean proc_exit(0) counts as a return.
  bool call(Callback callback, std::initializer_list<uint32_t> arguments, FailureCause cause,
            uint32_t* result) {
    Value args[3]{};
    size_t count = 0;
    for (const uint32_t argument : arguments) {
      args[count++].u32 = argument;
    }
    const auto& function = vm_.exports_[static_cast<size_t>(callback)];
    const size_t slots = std::max<size_t>(count, type_of(callback, vm_.version()).results.size());
    if (!vm_.run(function, vm_.root_, callback, args, slots, vm_.start_ticks_)) {
      const bool clean_exit =
          vm_.ending_ != nullptr && vm_.ending_cause_ == TrapCause::Exit && vm_.ending_code_ == 0;
      if (clean_exit && vm_.mode_ == kModeStart) {
        vm_.ending_ = nullptr;
        return true;
      }
      if (vm_.ending_ != nullptr) {
        vm_.trap_.message = vm_.ending_;
      }
      failure_ = vm_.describe_failure(cause);
      return false;
    }
    if (result != nullptr) {
      *result = args[0].u32;
    }
    return true;
  }

  bool run_start() {
    vm_.mode_ = kModeStart;
    if (vm_.has(Callback::Initialize)) {
      if (!call(Callback::Initialize, {}, FailureCause::Start, nullptr)) {
        return false;
      }
      if (vm_.has(Callback::Main)) {
        return call(Callback::Main, {0, 0}, FailureCause::Start, nullptr);
      }
      return !vm_.has(Callback::MainVoid) ||
             call(Callback::MainVoid, {}, FailureCause::Start, nullptr);
    }
    return !vm_.has(Callback::Start) || call(Callback::Start, {}, FailureCause::Start, nullptr);
  }

  bool make_root() {
    vm_.mode_ = kModeNormal;
    vm_.contexts_.add(vm_.root_);
    return !vm_.has(Callback::ContextCreate) ||
           call(Callback::ContextCreate, {vm_.root_.id, 0}, FailureCause::Start, nullptr);
  }

  bool start_vm() {
    if (!vm_.has(Callback::VmStart)) {
      return true;
    }
    uint32_t ok = 0;
    const auto size = static_cast<uint32_t>(vm_.spec().vm_configuration.size());
    if (!call(Callback::VmStart, {vm_.root_.id, size}, FailureCause::Start, &ok)) {
      return false;
    }
    return ok != 0 || refuse(FailureCause::Start, "answered false in proxy_on_vm_start");
  }

  bool configure() {
    if (!vm_.has(Callback::Configure)) {
      return true;
    }
    uint32_t ok = 0;
    const auto& configuration = vm_.spec().configuration;
    const auto size = static_cast<uint32_t>(configuration ? configuration->size() : 0);
    if (!call(Callback::Configure, {vm_.root_.id, size}, FailureCause::Configure, &ok)) {
      return false;
    }
    if (ok != 0) {
      return true;
    }
    std::string said;
    for (const auto& line : vm_.guest_log_.last_lines()) {
      said.append("; it said: ").append(line);
    }
    return refuse(
        FailureCause::Configure,
        fmt::format("refused its configuration: module {} answered false in proxy_on_configure{}",
                    vm_.spec().digest, said));
  }

  Vm& vm_;
  PluginFailure failure_;
};

tl::expected<std::unique_ptr<Vm>, PluginFailure> Vm::make(std::shared_ptr<PluginCode> code) {
  std::unique_ptr<Vm> vm(new Vm(std::move(code)));
  VmStarter starter(*vm);
  if (auto started = starter.run(); !started) {
    return tl::unexpected(std::move(started.error()));
  }
  vm->asking_.clear();
  return vm;
}

}  // namespace wasmgate::wasm
