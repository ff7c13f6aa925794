// Properties: the table is host/property_source.

#include "wasm/host/property_source.h"
#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {

Status proxy_get_property(HostCall& call, uint32_t path, uint32_t path_size, uint32_t out,
                          uint32_t size_out) {
  const auto name = call.read(path, path_size);
  if (!name || !call.memory().holds(out, 4) || !call.memory().holds(size_out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  PropertyValue value;
  const auto status = read_property(call.vm(), call.stream(), *name, value);
  return status == Status::Ok ? call.give(value.view, out, size_out) : status;
}

Status proxy_set_property(HostCall& call, uint32_t path, uint32_t path_size, uint32_t value,
                          uint32_t value_size) {
  const auto name = call.read(path, path_size);
  const auto bytes = call.read(value, value_size);
  if (!name || !bytes) {
    return Status::InvalidMemoryAccess;
  }
  const auto status = write_property(call.vm(), call.stream(), *name, *bytes);
  if (status == Status::BadArgument) {
    call.warn("a property that is read-only, over the limits, or of the wrong form is not set");
  }
  return status;
}

}  // namespace wasmgate::wasm::hostcalls
