// The engine on Wasmtime: its settings, and compiling.

#include <sys/auxv.h>
#include <wasm.h>
#include <wasmtime.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "fmt/format.h"
#include "wasm/engine/engine.h"
#include "wasm/engine/wasmtime/wasmtime_module.h"

namespace wasmgate::wasm {
namespace {

/// Only what compilers of plug-ins produce: the MVP, bulk memory, sign extension, saturating
/// conversions, multi-value, reference types, SIMD. Each proposal that stays off is attack surface
/// that plug-ins do not need.
void restrict_features(wasm_config_t* config) {
  wasmtime_config_shared_memory_set(config, false);
  wasmtime_config_wasm_tail_call_set(config, false);
  wasmtime_config_wasm_relaxed_simd_set(config, false);
  wasmtime_config_wasm_memory64_set(config, false);
  wasmtime_config_wasm_multi_memory_set(config, false);
  wasmtime_config_wasm_wide_arithmetic_set(config, false);
  wasmtime_config_wasm_custom_page_sizes_set(config, false);
  wasmtime_config_wasm_stack_switching_set(config, false);
  wasmtime_config_gc_support_set(config, false);
  wasmtime_config_wasm_simd_set(config, true);
  wasmtime_config_wasm_bulk_memory_set(config, true);
  wasmtime_config_wasm_multi_value_set(config, true);
}

/// Bytes after a linear memory that fault, so that a constant offset up to so far needs no check.
/// The odd pages beyond 32 MiB keep the pool's slots from lying a power of two apart, where the
/// same page of every sandbox would compete for the same few TLB entries.
constexpr uint64_t kGuardBytes = 32ULL * 1024 * 1024 + 17 * 4096;

void set_memory(wasm_config_t* config, const EngineOptions& options) {
  wasmtime_config_signals_based_traps_set(config, options.signal_traps);
  wasmtime_config_memory_reservation_set(config, options.memory_reservation_bytes);
  wasmtime_config_memory_guard_size_set(config, options.signal_traps ? kGuardBytes : 0);
  wasmtime_config_memory_reservation_for_growth_set(config,
                                                    options.signal_traps ? 64ULL * 1024 * 1024 : 0);
  wasmtime_config_memory_init_cow_set(config, options.signal_traps);
  if (!options.signal_traps) {
    // The mitigations work by faults, which need the signal handlers.
    wasmtime_config_cranelift_flag_set(config, "enable_heap_access_spectre_mitigation", "false");
    wasmtime_config_cranelift_flag_set(config, "enable_table_access_spectre_mitigation", "false");
  }
}

void set_pool(wasm_config_t* config, const EngineOptions& options) {
  auto* pool = wasmtime_pooling_allocation_config_new();
  wasmtime_pooling_allocation_config_total_core_instances_set(pool, options.pool_instances);
  wasmtime_pooling_allocation_config_total_memories_set(pool, options.pool_instances);
  wasmtime_pooling_allocation_config_total_tables_set(pool, options.pool_instances * 2);
  wasmtime_pooling_allocation_config_max_memories_per_module_set(pool, 1);
  wasmtime_pooling_allocation_config_max_tables_per_module_set(pool, 4);
  wasmtime_pooling_allocation_config_max_memory_size_set(pool, options.pool_memory_bytes);
  wasmtime_pooling_allocation_config_table_elements_set(pool, options.pool_table_elements);
  wasmtime_pooling_allocation_config_max_core_instance_size_set(pool, 16ULL * 1024 * 1024);
  wasmtime_pooling_allocation_strategy_set(config, pool);
  wasmtime_pooling_allocation_config_delete(pool);
}

wasm_config_t* make_config(const EngineOptions& options) {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_max_wasm_stack_set(config, options.stack_bytes);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
  wasmtime_config_native_unwind_info_set(config, false);
  if (options.perf_map) {
    wasmtime_config_profiler_set(config, WASMTIME_PROFILING_STRATEGY_PERFMAP);
  }
  restrict_features(config);
  set_memory(config, options);
  if (options.pooling) {
    set_pool(config, options);
  }
  return config;
}

/// What this machine's processor can do, as far as compiled code may depend on it.
std::string cpu_features() {
  std::string out = fmt::format("{:x}-{:x}", getauxval(AT_HWCAP), getauxval(AT_HWCAP2));
#if defined(__x86_64__)
  for (const unsigned leaf : {1U, 7U, 0x80000001U}) {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    __get_cpuid_count(leaf, 0, &a, &b, &c, &d);
    // Leaf 1's EBX holds the core's number.
    out += fmt::format("-{:x}-{:x}-{:x}", leaf == 1U ? 0U : b, c, d);
  }
#endif
  return out;
}

class WasmtimeEngine final : public Engine {
 public:
  WasmtimeEngine(std::shared_ptr<WasmtimeCore> core, const EngineOptions& options)
      : core_(std::move(core)),
        // Where instances come from (the pool) does not shape the code: a compiling child needs
        // none.
        key_(fmt::format("wasmtime-{} signals={} reservation={} guard={} stack={} cpu={}",
                         WASMTIME_VERSION, options.signal_traps, options.memory_reservation_bytes,
                         kGuardBytes, options.stack_bytes, cpu_features())) {}

  Result<std::shared_ptr<const Module>> compile(std::string_view wasm) override {
    wasmtime_module_t* module = nullptr;
    auto* error = wasmtime_module_new(
        core_->engine.get(), reinterpret_cast<const uint8_t*>(wasm.data()), wasm.size(), &module);
    if (error != nullptr) {
      return fail(ErrorCode::InvalidArgument, take_message(error), ErrorSource::Plugin);
    }
    return std::make_shared<const WasmtimeModule>(core_, ModuleHandle(module));
  }

  Result<std::shared_ptr<const Module>> deserialize(std::string_view bytes) override {
    wasmtime_module_t* module = nullptr;
    auto* error = wasmtime_module_deserialize(
        core_->engine.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &module);
    if (error != nullptr) {
      return fail(ErrorCode::Corrupt, take_message(error));
    }
    return std::make_shared<const WasmtimeModule>(core_, ModuleHandle(module));
  }

  std::string compatibility_key() const override { return key_; }
  std::chrono::nanoseconds tick() const override { return core_->ticker->tick(); }
  const std::atomic<uint64_t>& ticks() const override { return core_->ticker->ticks(); }

 private:
  std::shared_ptr<WasmtimeCore> core_;
  const std::string key_;
};

constexpr uint64_t kSmallReservationBytes = 64ULL * 1024 * 1024;

bool environment_is(const char* name, std::string_view wanted) {
  const char* value = std::getenv(name);
  return value != nullptr && value == wanted;
}

}  // namespace

EngineOptions EngineOptions::for_this_build() {
  EngineOptions options;
#ifdef WASMGATE_SANITIZED
  options.signal_traps = false;
  options.memory_reservation_bytes = 0;
  options.pooling = false;
#endif
  if (environment_is("WASMGATE_ENGINE", "small")) {
    options.memory_reservation_bytes =
        std::min<uint64_t>(options.memory_reservation_bytes, kSmallReservationBytes);
    options.pooling = false;
    options.small = true;
  }
  options.perf_map = environment_is("WASMGATE_PERF_MAP", "1");
  return options;
}

Result<std::unique_ptr<Engine>> make_engine(const EngineOptions& options) {
  auto core = std::make_shared<WasmtimeCore>();
  core->engine.reset(wasm_engine_new_with_config(make_config(options)));
  if (core->engine == nullptr) {
    return fail(ErrorCode::Internal,
                "the WebAssembly engine could not be made with these settings");
  }
  constexpr uint64_t kLargestMemory = 4ULL * 1024 * 1024 * 1024;
  core->memories_stay = options.memory_reservation_bytes >= kLargestMemory;
  core->ticker = std::make_unique<EpochTicker>(core->engine.get(), options.tick);
  return std::make_unique<WasmtimeEngine>(std::move(core), options);
}

Result<std::string> wat_to_wasm(std::string_view text) {
  wasm_byte_vec_t bytes;
  if (auto* error = wasmtime_wat2wasm(text.data(), text.size(), &bytes); error != nullptr) {
    return fail(ErrorCode::InvalidArgument, take_message(error));
  }
  std::string out(bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return out;
}

}  // namespace wasmgate::wasm
