#include "wasm/hostcalls/hostcall_table.h"

#include <vector>

#include "wasm/hostcalls/hostcalls.h"
#include "wasm/hostcalls/wrap.h"
#include "wasm/wasi/wasi.h"

namespace wasmgate::wasm {
namespace {

// When a function may be called (ABI 1.7).
constexpr uint32_t kAlways = kModeNormal | kModeStart | kModeAllocator;  // log, time, WASI
constexpr uint32_t kReads = kModeNormal | kModeAllocator;
constexpr uint32_t kChanges = kModeNormal;

// Which hosts have it (ABI 1.8 and 1.2 to 1.4), as the load check prints it.
constexpr std::string_view kAll = "all";
constexpr std::string_view kNotNgx = "wasmgate, Envoy, Higress";
constexpr std::string_view kHigress = "wasmgate, Higress";
constexpr std::string_view kOld = "wasmgate; Envoy, Higress for ABI 0.1.0";

template <auto Function>
HostcallEntry entry(std::string_view name, uint32_t modes, std::string_view hosts,
                    bool wasi = false) {
  return {name, Wrapped<Function>::type(), &Wrapped<Function>::call, modes, wasi, hosts};
}

template <auto Function>
HostcallEntry wasi_entry(std::string_view name) {
  return entry<Function>(name, kAlways, kAll, true);
}

#define HOSTCALL(name, modes, hosts) entry<&hostcalls::name>(#name, modes, hosts)
#define WASI(name) wasi_entry<&wasi::name>(#name)

std::vector<HostcallEntry> make_table() {
  using hostcalls::proxy_continue_request_void;
  using hostcalls::proxy_continue_response_void;
  return {
      HOSTCALL(proxy_log, kAlways, kAll),
      HOSTCALL(proxy_get_log_level, kAlways, kNotNgx),
      HOSTCALL(proxy_get_current_time_nanoseconds, kAlways, kAll),
      HOSTCALL(proxy_set_tick_period_milliseconds, kChanges, kAll),
      HOSTCALL(proxy_get_status, kReads, kNotNgx),
      HOSTCALL(proxy_set_effective_context, kChanges, kAll),
      HOSTCALL(proxy_done, kChanges, kNotNgx),
      HOSTCALL(proxy_get_configuration, kReads, kOld),
      HOSTCALL(proxy_get_header_map_size, kReads, kNotNgx),
      HOSTCALL(proxy_get_header_map_pairs, kReads, kAll),
      HOSTCALL(proxy_set_header_map_pairs, kChanges, kAll),
      HOSTCALL(proxy_get_header_map_value, kReads, kAll),
      HOSTCALL(proxy_add_header_map_value, kChanges, kAll),
      HOSTCALL(proxy_replace_header_map_value, kChanges, kAll),
      HOSTCALL(proxy_remove_header_map_value, kChanges, kAll),
      HOSTCALL(proxy_get_buffer_bytes, kReads, kAll),
      HOSTCALL(proxy_set_buffer_bytes, kChanges, kAll),
      HOSTCALL(proxy_get_buffer_status, kReads, kNotNgx),
      HOSTCALL(proxy_continue_stream, kChanges, kAll),
      HOSTCALL(proxy_continue_request, kChanges, kOld),
      HOSTCALL(proxy_continue_response, kChanges, kOld),
      entry<&proxy_continue_request_void>("proxy_continue_request", kChanges, kOld),
      entry<&proxy_continue_response_void>("proxy_continue_response", kChanges, kOld),
      HOSTCALL(proxy_close_stream, kChanges, kNotNgx),
      HOSTCALL(proxy_send_local_response, kChanges, kAll),
      HOSTCALL(proxy_clear_route_cache, kChanges, kOld),
      HOSTCALL(proxy_get_property, kReads, kAll),
      HOSTCALL(proxy_set_property, kChanges, kAll),
      HOSTCALL(proxy_get_shared_data, kReads, kAll),
      HOSTCALL(proxy_set_shared_data, kChanges, kAll),
      HOSTCALL(proxy_register_shared_queue, kChanges, kAll),
      HOSTCALL(proxy_resolve_shared_queue, kReads, kNotNgx),
      HOSTCALL(proxy_enqueue_shared_queue, kChanges, kAll),
      HOSTCALL(proxy_dequeue_shared_queue, kChanges, kAll),
      HOSTCALL(proxy_define_metric, kChanges, kAll),
      HOSTCALL(proxy_record_metric, kChanges, kAll),
      HOSTCALL(proxy_increment_metric, kChanges, kAll),
      HOSTCALL(proxy_get_metric, kReads, kAll),
      HOSTCALL(proxy_http_call, kChanges, kAll),
      HOSTCALL(proxy_grpc_call, kChanges, kNotNgx),
      HOSTCALL(proxy_grpc_stream, kChanges, kNotNgx),
      HOSTCALL(proxy_grpc_send, kChanges, kNotNgx),
      HOSTCALL(proxy_grpc_cancel, kChanges, kNotNgx),
      HOSTCALL(proxy_grpc_close, kChanges, kNotNgx),
      HOSTCALL(proxy_redis_init, kChanges, kHigress),
      HOSTCALL(proxy_redis_call, kChanges, kHigress),
      HOSTCALL(proxy_inject_encoded_data_to_filter_chain, kChanges, kHigress),
      HOSTCALL(proxy_get_upstream_hosts, kReads, kHigress),
      HOSTCALL(proxy_set_upstream_override_host, kChanges, kHigress),
      HOSTCALL(proxy_call_foreign_function, kChanges, kAll),
      HOSTCALL(envoy_resolve_dns, kChanges, "wasmgate, Envoy"),
      HOSTCALL(pthread_equal, kAlways, kNotNgx),
      HOSTCALL(emscripten_notify_memory_growth, kAlways, kNotNgx),
      WASI(args_get),
      WASI(args_sizes_get),
      WASI(environ_get),
      WASI(environ_sizes_get),
      WASI(clock_res_get),
      WASI(clock_time_get),
      WASI(random_get),
      WASI(sched_yield),
      WASI(poll_oneoff),
      WASI(proc_exit),
      WASI(proc_raise),
      WASI(fd_advise),
      WASI(fd_allocate),
      WASI(fd_close),
      WASI(fd_datasync),
      WASI(fd_fdstat_get),
      WASI(fd_fdstat_set_flags),
      WASI(fd_fdstat_set_rights),
      WASI(fd_filestat_get),
      WASI(fd_filestat_set_size),
      WASI(fd_filestat_set_times),
      WASI(fd_pread),
      WASI(fd_prestat_get),
      WASI(fd_prestat_dir_name),
      WASI(fd_pwrite),
      WASI(fd_read),
      WASI(fd_readdir),
      WASI(fd_renumber),
      WASI(fd_seek),
      WASI(fd_sync),
      WASI(fd_tell),
      WASI(fd_write),
      WASI(path_create_directory),
      WASI(path_filestat_get),
      WASI(path_filestat_set_times),
      WASI(path_link),
      WASI(path_open),
      WASI(path_readlink),
      WASI(path_remove_directory),
      WASI(path_rename),
      WASI(path_symlink),
      WASI(path_unlink_file),
      WASI(sock_accept),
      WASI(sock_recv),
      WASI(sock_send),
      WASI(sock_shutdown),
  };
}

#undef HOSTCALL
#undef WASI

bool fits_module(const HostcallEntry& entry, std::string_view module) {
  return entry.wasi ? module == "wasi_snapshot_preview1" || module == "wasi_unstable"
                    : module == "env";
}

}  // namespace

std::span<const HostcallEntry> hostcall_table() {
  static const std::vector<HostcallEntry> kTable = make_table();
  return kTable;
}

const HostcallEntry* find_hostcall(std::string_view module, std::string_view name,
                                   const FunctionType& type) {
  for (const auto& entry : hostcall_table()) {
    if (entry.name == name && fits_module(entry, module) && entry.type == type) {
      return &entry;
    }
  }
  return nullptr;
}

const HostcallEntry* find_hostcall_name(std::string_view module, std::string_view name) {
  for (const auto& entry : hostcall_table()) {
    if (entry.name == name && fits_module(entry, module)) {
      return &entry;
    }
  }
  return nullptr;
}

}  // namespace wasmgate::wasm
