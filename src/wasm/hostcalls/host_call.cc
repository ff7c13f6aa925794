#include "wasm/hostcalls/host_call.h"

#include "fmt/format.h"

namespace wasmgate::wasm {

void HostCall::warn(std::string_view what) {
  auto& code = vm_.code();
  if (code.process.logger.enabled(LogLevel::Warn) && code.log_quota.admit(vm_.clock().now())) {
    code.log(LogLevel::Warn, fmt::format("context {}: {}", vm_.effective().id, what));
  }
}

Status HostCall::bad_argument(std::string_view what) {
  warn(what);
  return Status::BadArgument;
}

}  // namespace wasmgate::wasm
