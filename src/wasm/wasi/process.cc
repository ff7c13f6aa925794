// Environment, clocks, random numbers, polling, exit.

#include "fmt/format.h"
#include "wasm/wasi/wasi.h"

namespace wasmgate::wasm::wasi {
namespace {

constexpr uint32_t kRealtime = 0;
constexpr uint32_t kMonotonic = 1;
constexpr uint32_t kMaxRandomBytes = 64 * 1024;

Errno written(bool ok) { return ok ? Errno::Success : Errno::Fault; }

// A subscription (48 bytes): user data u64, tag u8 at 8; an event (32 bytes): user data u64, errno
// u16 at 8, type u8 at 10.
constexpr uint32_t kSubscriptionBytes = 48;
constexpr uint32_t kEventBytes = 32;
constexpr uint32_t kMaxSubscriptions = 4096;

}  // namespace

Errno args_get(HostCall& /*call*/, uint32_t /*pointers*/, uint32_t /*bytes*/) {
  return Errno::Success;
}

Errno args_sizes_get(HostCall& call, uint32_t count, uint32_t size) {
  return written(call.memory().holds(size, 4) && call.memory().write_u32(count, 0) &&
                 call.memory().write_u32(size, 0));
}

Errno environ_sizes_get(HostCall& call, uint32_t count, uint32_t size) {
  uint32_t bytes = 0;
  const auto& environment = call.vm().spec().environment;
  for (const auto& [name, value] : environment) {
    bytes += static_cast<uint32_t>(name.size() + value.size() + 2);
  }
  return written(call.memory().holds(size, 4) &&
                 call.memory().write_u32(count, static_cast<uint32_t>(environment.size())) &&
                 call.memory().write_u32(size, bytes));
}

Errno environ_get(HostCall& call, uint32_t pointers, uint32_t bytes) {
  for (const auto& [name, value] : call.vm().spec().environment) {
    std::string entry = name + "=" + value;
    entry.push_back('\0');
    if (!call.memory().write_u32(pointers, bytes) || !call.memory().write(bytes, entry)) {
      return Errno::Fault;
    }
    pointers += 4;
    bytes += static_cast<uint32_t>(entry.size());
  }
  return Errno::Success;
}

Errno clock_res_get(HostCall& call, uint32_t clock, uint32_t out) {
  if (clock != kRealtime && clock != kMonotonic) {
    return Errno::NotSup;
  }
  return written(call.memory().write_u64(out, 1));
}

Errno clock_time_get(HostCall& call, uint32_t clock, uint64_t /*precision*/, uint32_t out) {
  if (clock != kRealtime && clock != kMonotonic) {
    return Errno::NotSup;
  }
  const auto& source = call.vm().clock();
  const auto since = clock == kRealtime ? std::chrono::duration_cast<std::chrono::nanoseconds>(
                                              source.wall_now().time_since_epoch())
                                        : std::chrono::duration_cast<std::chrono::nanoseconds>(
                                              source.precise_now().time_since_epoch());
  return written(call.memory().write_u64(out, static_cast<uint64_t>(since.count())));
}

Errno random_get(HostCall& call, uint32_t bytes, uint32_t size) {
  if (size > kMaxRandomBytes) {
    return Errno::Inval;
  }
  const auto to = call.memory().span(bytes, size);
  if (!to) {
    return Errno::Fault;
  }
  call.vm().code().process.random.fill(*to);
  return Errno::Success;
}

Errno sched_yield(HostCall& /*call*/) { return Errno::Success; }

/// Never sleeps: a clock subscription has elapsed at once, one for a descriptor has no descriptor.
Errno poll_oneoff(HostCall& call, uint32_t in, uint32_t out, uint32_t count, uint32_t events) {
  if (count > kMaxSubscriptions) {
    return Errno::Inval;
  }
  const auto& memory = call.memory();
  if (!memory.holds(in, count * kSubscriptionBytes) || !memory.holds(out, count * kEventBytes) ||
      !memory.holds(events, 4)) {
    return Errno::Fault;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t subscription = in + i * kSubscriptionBytes;
    const uint64_t user_data = *memory.read_u64(subscription);
    const auto tag = static_cast<uint8_t>((*memory.read(subscription + 8, 1))[0]);
    const bool is_clock = tag == 0;
    std::string event(kEventBytes, '\0');
    event[8] = static_cast<char>(is_clock ? Errno::Success : Errno::BadF);
    event[10] = static_cast<char>(tag);
    memory.write(out + i * kEventBytes, event);
    memory.write_u64(out + i * kEventBytes, user_data);
  }
  memory.write_u32(events, count);
  return Errno::Success;
}

void proc_exit(HostCall& call, uint32_t code) {
  call.vm().end_call(TrapCause::Exit, fmt::format("proc_exit({})", static_cast<int32_t>(code)),
                     static_cast<int32_t>(code));
}

Errno proc_raise(HostCall& call, uint32_t signal) {
  call.vm().end_call(TrapCause::Exit, fmt::format("proc_raise({})", signal), -1);
  return Errno::Success;
}

}  // namespace wasmgate::wasm::wasi
