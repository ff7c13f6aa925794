// Metrics that the guest defines (ABI 1.2.10).

#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {

Status proxy_define_metric(HostCall& call, uint32_t type, uint32_t name, uint32_t size,
                           uint32_t out) {
  if (type >= kMetricTypes) {
    return Status::BadArgument;
  }
  const auto text = call.read(name, size);
  if (!text || !call.memory().holds(out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  call.memory().write_u32(out,
                          call.vm().root().metrics.define(static_cast<MetricType>(type), *text));
  return Status::Ok;
}

Status proxy_record_metric(HostCall& call, uint32_t id, uint64_t value) {
  return call.vm().root().metrics.record(id, value);
}

Status proxy_increment_metric(HostCall& call, uint32_t id, uint64_t delta) {
  return call.vm().root().metrics.increment(id, static_cast<int64_t>(delta));
}

Status proxy_get_metric(HostCall& call, uint32_t id, uint32_t out) {
  if (!call.memory().holds(out, 8)) {
    return Status::InvalidMemoryAccess;
  }
  uint64_t value = 0;
  const auto status = call.vm().root().metrics.get(id, value);
  if (status == Status::Ok) {
    call.memory().write_u64(out, value);
  }
  return status;
}

}  // namespace wasmgate::wasm::hostcalls
