#include "wasm/host/plugin_spec.h"

namespace wasmgate::wasm {

std::string_view to_string(FailureCause cause) {
  switch (cause) {
    case FailureCause::Unavailable:
      return "unavailable";
    case FailureCause::Start:
      return "start";
    case FailureCause::Configure:
      return "configure";
    case FailureCause::Trap:
      return "trap";
    case FailureCause::Deadline:
      return "deadline";
    case FailureCause::Memory:
      return "memory";
    case FailureCause::Quarantine:
      return "quarantine";
  }
  return "unknown";
}

}  // namespace wasmgate::wasm
