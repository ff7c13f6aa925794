#pragma once
// Why a call into a guest did not return. Made only on the failing path: it may allocate.

#include <cstdint>
#include <string>
#include <vector>

namespace wasmgate::wasm {

enum class TrapCause : uint8_t {
  Trap,      // the guest broke a rule of the machine: unreachable, bounds, stack, division, …
  Deadline,  // the call ran past its deadline
  Exit,      // proc_exit or proc_raise
  Host,      // a host function ended the call
  Memory,    // the guest gave up after memory.grow was refused
};

/// One line of the guest's back-trace, innermost first.
struct TrapFrame {
  std::string function;  // demangled when the name section has it, else "function[12]"
  uint64_t module_offset = 0;
};

struct Trap {
  TrapCause cause = TrapCause::Trap;
  int32_t exit_code = 0;  // TrapCause::Exit
  std::string message;    // first line, without the back-trace
  std::string
      detail;  // the engine's whole text: file and line of each frame when the module has them
  std::vector<TrapFrame> frames;
};

}  // namespace wasmgate::wasm
