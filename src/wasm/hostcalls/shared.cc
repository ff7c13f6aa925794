// Shared data and queues (ABI 1.2.9).

#include "fmt/format.h"
#include "wasm/host/shared_stores.h"
#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm::hostcalls {
namespace {

SharedStores& stores(HostCall& call) { return call.vm().code().process.stores; }

}  // namespace

Status proxy_get_shared_data(HostCall& call, uint32_t key, uint32_t key_size, uint32_t out,
                             uint32_t size_out, uint32_t cas_out) {
  const auto name = call.read(key, key_size);
  if (!name || !call.memory().holds(cas_out, 4) || !call.memory().holds(out, 4) ||
      !call.memory().holds(size_out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  const auto value = call.vm().code().shared_data().get(*name, call.vm().clock().now());
  if (!value) {
    return Status::NotFound;
  }
  const auto status = call.give(value->bytes, out, size_out);
  if (status == Status::Ok) {
    call.memory().write_u32(cas_out, value->cas);
  }
  return status;
}

Status proxy_set_shared_data(HostCall& call, uint32_t key, uint32_t key_size, uint32_t value,
                             uint32_t value_size, uint32_t cas) {
  const auto name = call.read(key, key_size);
  const auto bytes = call.read(value, value_size);
  if (!name || !bytes) {
    return Status::InvalidMemoryAccess;
  }
  Vm& vm = call.vm();
  uint64_t evicted = 0;
  const auto result =
      vm.code().shared_data().set(*name, *bytes, cas, call.limits(), vm.clock().now(), evicted);
  if (result == SharedData::SetResult::CasMismatch) {
    return Status::CasMismatch;
  }
  if (result == SharedData::SetResult::TooLarge) {
    call.warn(fmt::format(
        "shared data of {} bytes under a key of {} bytes is over the limits and not stored",
        value_size, key_size));
    ++evicted;
  }
  if (evicted > 0) {
    vm.count(vm.code().metrics.shared_data_evicted, static_cast<int64_t>(evicted));
  }
  return Status::Ok;
}

Status proxy_register_shared_queue(HostCall& call, uint32_t name, uint32_t size, uint32_t out) {
  const auto text = call.read(name, size);
  if (!text || !call.memory().holds(out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  const uint32_t queue = call.vm().root().register_queue(*text);
  if (queue == 0) {
    call.warn("the plug-in's quota of queues is reached");
    call.vm().count(call.vm().code().metrics.refused_calls);
    return Status::InternalFailure;
  }
  call.memory().write_u32(out, queue);
  return Status::Ok;
}

Status proxy_resolve_shared_queue(HostCall& call, uint32_t vm_id, uint32_t vm_id_size,
                                  uint32_t name, uint32_t size, uint32_t out) {
  const auto space = call.read(vm_id, vm_id_size);
  const auto text = call.read(name, size);
  if (!space || !text || !call.memory().holds(out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  const std::string_view own = call.vm().spec().shared_namespace();
  const uint32_t queue = stores(call).resolve_queue(own, space->empty() ? own : *space, *text);
  if (queue == 0) {
    return Status::NotFound;
  }
  call.memory().write_u32(out, queue);
  return Status::Ok;
}

Status proxy_enqueue_shared_queue(HostCall& call, uint32_t queue, uint32_t data, uint32_t size) {
  const auto bytes = call.read(data, size);
  if (!bytes) {
    return Status::InvalidMemoryAccess;
  }
  uint64_t dropped = 0;
  if (!stores(call).enqueue(call.vm().spec().shared_namespace(), queue, *bytes, dropped)) {
    return Status::NotFound;
  }
  if (dropped > 0) {
    call.vm().count(call.vm().code().metrics.queue_dropped, static_cast<int64_t>(dropped));
  }
  return Status::Ok;
}

Status proxy_dequeue_shared_queue(HostCall& call, uint32_t queue, uint32_t out, uint32_t size_out) {
  if (!call.memory().holds(out, 4) || !call.memory().holds(size_out, 4)) {
    return Status::InvalidMemoryAccess;
  }
  std::string item;
  switch (stores(call).dequeue(call.vm().spec().shared_namespace(), queue, item)) {
    case SharedStores::Dequeue::NotFound:
      return Status::NotFound;
    case SharedStores::Dequeue::Empty:
      return Status::Empty;
    case SharedStores::Dequeue::Ok:
      break;
  }
  return call.give(item, out, size_out);
}

}  // namespace wasmgate::wasm::hostcalls
