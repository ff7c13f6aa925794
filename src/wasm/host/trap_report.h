#pragma once
// The text that the log gets when a guest breaks (D39): plug-in, generation, context, callback,
// request, the guest's own last words, the last host calls (names and sizes, never values), and the
// back-trace.

#include <deque>
#include <span>
#include <string>

#include "wasm/abi/callbacks.h"
#include "wasm/engine/trap.h"
#include "wasm/host/context.h"
#include "wasm/host/plugin_code.h"

namespace wasmgate::wasm {

struct CallRecord;

struct TrapFacts {
  const PluginCode& code;
  const Trap& trap;
  FailureCause cause;
  Callback callback;
  const Context* context;
  std::span<const CallRecord> records;
  size_t record_count;
  const std::deque<std::string>& last_lines;
};

/// Several lines; the first alone tells what happened.
std::string trap_report(const TrapFacts& facts);

/// Which cause of the failure policy a trap is: a missed deadline, memory that ran out (the guest
/// said so, or is at its limit), or any other trap.
FailureCause failure_cause_of(const Trap& trap, const std::deque<std::string>& last_lines,
                              size_t memory_bytes, const PluginLimits& limits);

}  // namespace wasmgate::wasm
