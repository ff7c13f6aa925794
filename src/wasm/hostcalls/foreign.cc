// Foreign functions (ABI 3.4): found by name, arguments and results as bytes. Own statuses only Ok,
// NotFound, BadArgument, SerializationFailure, InternalFailure.

#include "wasm/hostcalls/foreign.h"

#include <algorithm>
#include <array>

#include "wasm/abi/pairs.h"
#include "wasm/abi/proto.h"
#include "wasm/host/property_source.h"
#include "wasm/hostcalls/hostcalls.h"

namespace wasmgate::wasm {
namespace {

Status clear_route_cache(HostCall& call, std::string_view /*arguments*/, std::string& /*out*/) {
  return hostcalls::proxy_clear_route_cache(call);
}

Status get_log_level(HostCall& call, std::string_view /*arguments*/, std::string& out) {
  const auto level =
      std::min(static_cast<uint32_t>(call.vm().code().process.logger.level()), kLogLevels - 1);
  out = {static_cast<char>(level), 0, 0, 0};
  return Status::Ok;
}

Status accept_without_effect(HostCall& /*call*/, std::string_view arguments, std::string& /*out*/) {
  return arguments.size() == 8 ? Status::Ok : Status::BadArgument;
}

Status inject(HostCall& call, std::string_view arguments, std::string& /*out*/) {
  const auto fields = read_proto(arguments);
  StreamContext* stream = call.stream();
  if (!fields) {
    return Status::BadArgument;
  }
  if (stream == nullptr || stream->logging) {
    return Status::Ok;
  }
  for (const auto& field : *fields) {
    if (field.number == 1 && field.is_bytes) {
      stream->inject().bytes.append(field.bytes.substr(0, call.limits().foreign_result_bytes));
    } else if (field.number == 2 && !field.is_bytes) {
      stream->inject().end_stream |= field.value != 0;
    }
  }
  call.vm().ask(*stream, StreamContext::kInject);
  return Status::Ok;
}

Status declare_property(HostCall& call, std::string_view arguments, std::string& /*out*/) {
  const auto fields = read_proto(arguments);
  if (!fields) {
    return Status::BadArgument;
  }
  std::string_view name;
  bool read_only = false;
  for (const auto& field : *fields) {
    if (field.number == 1 && field.is_bytes) {
      name = field.bytes;
    } else if (field.number == 2) {
      read_only = field.value != 0;
    } else if ((field.number == 3 && field.value > 3) || (field.number == 5 && field.value > 2)) {
      return Status::BadArgument;
    }
  }
  return !name.empty() && call.vm().declared_state().declare(plain_path(name), read_only)
             ? Status::Ok
             : Status::BadArgument;
}

Status set_envoy_filter_state(HostCall& call, std::string_view arguments, std::string& /*out*/) {
  const auto path = find_bytes_field(arguments, 1);
  if (!read_proto(arguments) || !path || path->empty()) {
    return Status::BadArgument;
  }
  return write_property(call.vm(), call.stream(), *path,
                        find_bytes_field(arguments, 2).value_or(""));
}

Status shared_data_delete(HostCall& call, std::string_view arguments, std::string& /*out*/) {
  return call.vm().code().shared_data().remove(arguments) ? Status::Ok : Status::NotFound;
}

Status shared_data_list(HostCall& call, std::string_view arguments, std::string& out) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [key, cas] :
       call.vm().code().shared_data().list(arguments, kMaxPairs, call.vm().clock().now())) {
    std::string value;
    for (int i = 0; i < 4; ++i) {
      value.push_back(static_cast<char>(cas >> (8 * i)));
    }
    pairs.emplace_back(key, std::move(value));
  }
  out = serialise_pairs(pairs);
  return Status::Ok;
}

Status shared_data_expire(HostCall& call, std::string_view arguments, std::string& /*out*/) {
  if (arguments.size() < 4) {
    return Status::BadArgument;
  }
  uint32_t ms = 0;
  for (size_t i = 0; i < 4; ++i) {
    ms |= static_cast<uint32_t>(static_cast<uint8_t>(arguments[i])) << (8 * i);
  }
  const auto at = call.vm().clock().now() + std::chrono::milliseconds(ms);
  return call.vm().code().shared_data().expire(arguments.substr(4), at) ? Status::Ok
                                                                        : Status::NotFound;
}

struct ForeignFunction {
  std::string_view name;
  Status (*run)(HostCall& call, std::string_view arguments, std::string& out);
};

constexpr std::array<ForeignFunction, 14> kFunctions{{
    {"verify_signature", foreign::verify_signature},
    {"sign", foreign::sign},
    {"compress", foreign::compress},
    {"uncompress", foreign::uncompress},
    {"declare_property", declare_property},
    {"set_envoy_filter_state", set_envoy_filter_state},
    {"clear_route_cache", clear_route_cache},
    {"inject_encoded_data_to_filter_chain", inject},
    {"inject_encoded_data_to_filter_chain_on_header", inject},
    {"get_log_level", get_log_level},
    {"set_global_max_requests_per_io_cycle", accept_without_effect},
    {"wasmgate.shared_data.delete", shared_data_delete},
    {"wasmgate.shared_data.list", shared_data_list},
    {"wasmgate.shared_data.expire", shared_data_expire},
}};

}  // namespace

namespace hostcalls {

Status proxy_call_foreign_function(HostCall& call, uint32_t name, uint32_t name_size,
                                   uint32_t arguments, uint32_t arguments_size, uint32_t out,
                                   uint32_t size_out) {
  const auto function_name = call.read(name, name_size);
  const auto bytes = call.read(arguments, arguments_size);
  const bool wants_result = out != 0 || size_out != 0;
  if (!function_name || !bytes ||
      (wants_result && (!call.memory().holds(out, 4) || !call.memory().holds(size_out, 4)))) {
    return Status::InvalidMemoryAccess;
  }
  const auto function =
      std::find_if(kFunctions.begin(), kFunctions.end(),
                   [&](const ForeignFunction& known) { return known.name == *function_name; });
  if (function == kFunctions.end()) {
    return Status::NotFound;
  }
  std::string result;
  const auto status = function->run(call, *bytes, result);
  return status == Status::Ok && wants_result ? call.give(result, out, size_out) : status;
}

}  // namespace hostcalls
}  // namespace wasmgate::wasm
