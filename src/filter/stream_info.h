#pragma once
// The facts of one stream, filled in as they become known, for access log, metrics and the
// properties that plug-ins read. Plain data; views live as long as the stream (its arena, its
// route's snapshot).

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/codec/server_codec.h"

namespace wasmgate::filter {

struct StreamInfo {
  uint64_t stream_id = 0;
  uint64_t connection_id = 0;
  http::Protocol protocol = http::Protocol::Http11;
  std::string_view scheme = "http";
  WallTime start_wall{};
  MonotonicTime start{};
  MonotonicTime request_complete{};  // epoch: not yet
  MonotonicTime upstream_start{};    // request head sent
  MonotonicTime upstream_first{};    // response head received
  MonotonicTime end{};               // set before the end-of-stream callbacks

  std::string_view downstream_remote_address;  // "127.0.0.1:12345"
  std::string_view downstream_local_address;
  std::string_view upstream_address;  // empty: none chosen
  std::string_view upstream_local_address;
  uint16_t downstream_remote_port = 0;
  uint16_t downstream_local_port = 0;
  uint16_t upstream_port = 0;
  std::string_view requested_server_name;  // SNI
  std::string_view tls_version;
  std::string upstream_transport_failure_reason;

  std::string_view request_id;
  std::string_view route_name;
  std::string_view virtual_host_name;
  std::string_view cluster_name;

  uint64_t request_header_bytes = 0;
  uint64_t response_header_bytes = 0;
  uint64_t request_body_bytes = 0;   // received
  uint64_t response_body_bytes = 0;  // sent
  uint32_t upstream_attempts = 0;
  uint32_t cluster_endpoints = 0;

  int response_code = 0;
  bool request_is_complete = false;
  bool response_is_complete = false;
  std::string response_code_details;  // "via_upstream", "route_not_found", …
  std::string response_flags;         // "-" is written when empty; comma list

  /// What set_property stored ("wasm.<path>"), by path as given.
  std::map<std::string, std::string, std::less<>> state;
  /// Replaces the choice of an endpoint (Higress: set_upstream_override_host); empty: none.
  std::string upstream_override_host;

  void add_flag(std::string_view flag) {
    if (response_flags.find(flag) == std::string::npos) {
      response_flags.append(response_flags.empty() ? "" : ",").append(flag);
    }
  }
};

}  // namespace wasmgate::filter
