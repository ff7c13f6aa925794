#pragma once
// The WebAssembly engine as a port. One `Engine` per process; a `Module` is compiled code,
// immutable and shared by all threads; a `LinkedModule` is a module with its imports resolved; an
// `Instance` is one sandbox with its memory, owned by one thread at a time (it may be handed over
// while unused).
//
// The one implementation is wasmtime/. Tests of the plug-in host use it too, with modules written
// as text.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wasm/engine/guest_memory.h"
#include "wasm/engine/trap.h"
#include "wasm/engine/value.h"

namespace wasmgate::wasm {

struct HostFunction;

/// The body of a host function. `data` is the instance's user data; arguments stand in `args`, the
/// result is written to args[0]. Returns null, or a message (valid until the call has unwound) that
/// ends the guest's call as a trap.
using HostCallback = const char* (*)(void* data, const HostFunction& self, Value* args);

/// One import that the host offers. Lifetime: as long as the LinkedModule made with it.
struct HostFunction {
  std::string_view module;
  std::string_view name;
  FunctionType type;
  HostCallback callback = nullptr;
  uint32_t index = 0;  // free for the host: which function of its table
  uint32_t flags = 0;  // free for the host
};

/// What one instance may use.
struct InstanceLimits {
  size_t memory_bytes = 64ULL * 1024 * 1024;
  uint32_t table_elements = 100'000;
};

/// A handle to an exported function of one instance; only the engine looks inside.
struct FunctionRef {
  uint64_t store = 0;
  void* function = nullptr;

  explicit operator bool() const { return store != 0; }
};

class Instance : public MemoryOwner {
 public:
  virtual ~Instance() = default;

  /// The exported function of that name and exact type, none when there is no such. Not for the hot
  /// path.
  virtual FunctionRef find_function(std::string_view name, const FunctionType& type) = 0;

  /// Calls an export while no guest of this instance runs. `args`: the arguments in order; the
  /// result comes back in args[0]; `count` is the larger of both numbers. `ticks`: the deadline
  /// from now on, in ticks of the engine (see Engine::ticks_for). False: the call was ended; the
  /// reason is in `trap`. Must not be called again on an instance whose call ended so.
  virtual bool call(const FunctionRef& function, Value* args, size_t count, uint64_t ticks,
                    Trap& trap) = 0;

  /// The same from inside a host function (the guest's allocator), under the deadline of the outer
  /// call.
  virtual bool call_nested(const FunctionRef& function, Value* args, size_t count, Trap& trap) = 0;

  /// The exported memory "memory" as it is now; of size 0 when there is none.
  virtual GuestMemory memory() = 0;

  /// The same for reading and writing, cheaper: it may know an earlier size and asks again when
  /// that is not enough.
  virtual GuestMemory known_memory() { return memory(); }

  size_t memory_size_now() override { return memory().size(); }

  /// True when memory.grow was refused since the last call of this function.
  virtual bool take_growth_refused() { return false; }
};

class LinkedModule {
 public:
  virtual ~LinkedModule() = default;

  /// Makes an instance; runs the module's start function, if any, under `start_ticks`. `data` is
  /// what host functions get. `starting`: set to the instance before the start function runs, since
  /// that may call host functions; they may use memory() only. It is gone when this fails. Errors:
  /// Internal with the engine's text (limits, pool exhausted, a trap in the start function).
  /// Thread: any.
  virtual Result<std::unique_ptr<Instance>> instantiate(void* data, const InstanceLimits& limits,
                                                        uint64_t start_ticks,
                                                        Instance** starting = nullptr) const = 0;
};

class Module {
 public:
  virtual ~Module() = default;

  /// Resolves the module's imports by `functions`, which must cover them with the types that the
  /// module imports. `functions` must outlive the result. Errors: InvalidArgument with the engine's
  /// text. Thread: any.
  virtual Result<std::unique_ptr<LinkedModule>> link(
      std::span<const HostFunction> functions) const = 0;

  /// Bytes that deserialize() of the same engine version, settings and machine takes. Only ever
  /// given back to us under a seal (compiled_code.h): they are machine code.
  virtual Result<std::string> serialize() const = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  /// Validates and compiles `wasm`. Slow (about 1.5 ms per KiB of code): never on a worker. Thread:
  /// any. Errors: InvalidArgument with the engine's text.
  virtual Result<std::shared_ptr<const Module>> compile(std::string_view wasm) = 0;

  /// Takes bytes of serialize(). Only bytes that were compiled by us and whose seal was checked.
  /// Errors: Corrupt.
  virtual Result<std::shared_ptr<const Module>> deserialize(std::string_view bytes) = 0;

  /// What serialised code depends on besides the module: engine version, settings, CPU features.
  /// Part of a cache key.
  virtual std::string compatibility_key() const = 0;

  /// Length of a tick.
  virtual std::chrono::nanoseconds tick() const = 0;
  /// Ticks so far; stands still while no guest runs. Read it relaxed; it is also the clock by which
  /// guest time is sampled.
  virtual const std::atomic<uint64_t>& ticks() const = 0;

  /// How many ticks a deadline of `budget` is: rounded up, plus one.
  uint64_t ticks_for(std::chrono::nanoseconds budget) const {
    const auto length = tick().count();
    return static_cast<uint64_t>((budget.count() + length - 1) / length) + 1;
  }
};

struct EngineOptions {
  /// Bounds checks and traps by guard pages and signals. Off: explicit checks (sanitizers,
  /// valgrind).
  bool signal_traps = true;
  /// Address space reserved per linear memory. Small values make guests slower and let memories
  /// move.
  uint64_t memory_reservation_bytes = 4ULL * 1024 * 1024 * 1024;
  /// Instances come from a pool made at start; needs `pool_instances` × the reservation of address
  /// space.
  bool pooling = true;
  uint32_t pool_instances = 1'000;
  size_t pool_memory_bytes = 512ULL * 1024 * 1024;  // hard maximum of one memory
  uint32_t pool_table_elements = 1'000'000;
  size_t stack_bytes = 512 * 1024;
  std::chrono::nanoseconds tick = std::chrono::milliseconds(1);
  /// Runs under valgrind: set by WASMGATE_ENGINE=small.
  bool small = false;
  /// Writes /tmp/perf-<pid>.map for perf.
  bool perf_map = false;

  /// The options for this build: production, or small and without signals under sanitizers
  /// (WASMGATE_SANITIZED). The environment changes two things, for measuring: WASMGATE_ENGINE=small
  /// reserves 64 MiB per memory and makes no pool (valgrind has no more address space to give) and
  /// sets `small`; WASMGATE_PERF_MAP=1 sets perf_map.
  static EngineOptions for_this_build();
};

/// Makes the process's engine. Exactly one per process: it installs signal handlers. Errors:
/// Internal.
Result<std::unique_ptr<Engine>> make_engine(const EngineOptions& options);

/// Compiles WebAssembly text to bytes, for tests and tools. Errors: InvalidArgument with line and
/// column.
Result<std::string> wat_to_wasm(std::string_view text);

}  // namespace wasmgate::wasm
