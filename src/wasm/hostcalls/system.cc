// Log, time, timer, status of the last call, contexts, configuration.

#include <algorithm>

#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {

Status proxy_log(HostCall& call, uint32_t level, uint32_t message, uint32_t size) {
  if (level >= kLogLevels) {
    return Status::BadArgument;
  }
  const auto text = call.read(message, size);
  if (!text) {
    return Status::InvalidMemoryAccess;
  }
  call.vm().guest_log().write(static_cast<LogLevel>(level), *text);
  return Status::Ok;
}

Status proxy_get_log_level(HostCall& call, uint32_t out) {
  const auto level =
      std::min(static_cast<uint32_t>(call.vm().code().process.logger.level()), kLogLevels - 1);
  return call.memory().write_u32(out, level) ? Status::Ok : Status::InvalidMemoryAccess;
}

Status proxy_get_current_time_nanoseconds(HostCall& call, uint32_t out) {
  const auto now = call.vm().clock().wall_now().time_since_epoch();
  const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  return call.memory().write_u64(out, static_cast<uint64_t>(count)) ? Status::Ok
                                                                    : Status::InvalidMemoryAccess;
}

Status proxy_set_tick_period_milliseconds(HostCall& call, uint32_t period) {
  call.vm().root().set_tick(period);
  return Status::Ok;
}

Status proxy_get_status(HostCall& call, uint32_t code_out, uint32_t message_out,
                        uint32_t size_out) {
  const auto& root = call.vm().root();
  if (!call.memory().holds(code_out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  const uint32_t code = root.status_code;
  const auto status = call.give(root.status_message, message_out, size_out);
  if (status == Status::Ok) {
    call.memory().write_u32(code_out, code);
  }
  return status;
}

Status proxy_set_effective_context(HostCall& call, uint32_t context) {
  return call.vm().set_effective(context) ? Status::Ok : Status::BadArgument;
}

Status proxy_done(HostCall& call) {
  return call.vm().effective().is_root && call.vm().root().done() ? Status::Ok : Status::NotFound;
}

Status proxy_get_configuration(HostCall& call, uint32_t out, uint32_t size_out) {
  const auto& spec = call.vm().spec();
  const bool starting = call.vm().callback() == Callback::VmStart;
  return call.give(starting             ? std::string_view(spec.vm_configuration)
                   : spec.configuration ? std::string_view(*spec.configuration)
                                        : std::string_view(),
                   out, size_out);
}

}  // namespace wasmgate::wasm::hostcalls
