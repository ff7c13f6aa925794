#include "server/demo.h"

#include <filesystem>

#include "server/file_io.h"
#include "wasm/engine/engine.h"

namespace wasmgate::server {
namespace {

// A plug-in by hand, without any SDK: answers 403 to paths that begin with "/blocked", and marks
// every other response.
constexpr std::string_view kDemoPlugin = R"wat((module
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (data (i32.const 0) ":path")
  (data (i32.const 16) "x-wasmgate-demo")
  (data (i32.const 48) "hello from a plug-in")
  (data (i32.const 80) "/blocked")
  (data (i32.const 96) "blocked by the demo plug-in\n")
  (func (export "proxy_abi_version_0_2_1"))
  ;; Memory for what the host hands over: a ring, since nothing is kept.
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (local $at i32)
    (if (i32.gt_u (local.get $size) (i32.const 65536)) (then (return (i32.const 0))))
    (if (i32.gt_u (i32.add (global.get $next) (local.get $size)) (i32.const 131072))
      (then (global.set $next (i32.const 4096))))
    (local.set $at (global.get $next))
    (global.set $next (i32.add (global.get $next) (local.get $size)))
    (local.get $at))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func $starts_with_blocked (param $at i32) (param $size i32) (result i32) (local $i i32)
    (if (i32.lt_u (local.get $size) (i32.const 8)) (then (return (i32.const 0))))
    (loop $next
      (if (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $i)))
                  (i32.load8_u (i32.add (i32.const 80) (local.get $i)))) (then (return (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 8))))
    (i32.const 1))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (if (i32.eqz (call $get (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 128) (i32.const 132)))
      (then
        (if (call $starts_with_blocked (i32.load (i32.const 128)) (i32.load (i32.const 132)))
          (then
            (drop (call $reply (i32.const 403) (i32.const 80) (i32.const 8) (i32.const 96) (i32.const 28)
                               (i32.const 0) (i32.const 0) (i32.const -1)))
            (return (i32.const 1))))))
    (i32.const 0))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (drop (call $add (i32.const 2) (i32.const 16) (i32.const 15) (i32.const 48) (i32.const 20)))
    (i32.const 0))
))wat";

constexpr std::string_view kRoute = R"yaml(apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: demo
  namespace: demo
spec:
  rules:
  - http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: echo
            port:
              number: 80
---
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata:
  name: demo
spec:
  defaultConfig: {}
  url: file://)yaml";

void append_json_string(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (byte < 0x20 || byte > 0x7E) {
      out.append("\\u00").append({kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

SmallReply echo(const http::HeaderMap& headers, std::string_view body) {
  SmallReply reply;
  reply.headers = {{"content-type", "application/json"}};
  std::string& out = reply.body;
  out = "{\n  \"method\": ";
  append_json_string(headers.get(http::kMethod).value_or(""), out);
  out += ",\n  \"path\": ";
  append_json_string(headers.get(http::kPath).value_or(""), out);
  out += ",\n  \"body_bytes\": " + std::to_string(body.size()) + ",\n  \"headers\": [";
  const char* separator = "\n    [";
  for (const http::HeaderField& field : headers.fields()) {
    out += separator;
    append_json_string(field.name, out);
    out += ", ";
    append_json_string(field.value, out);
    out += "]";
    separator = ",\n    [";
  }
  out += "\n  ]\n}\n";
  return reply;
}

}  // namespace

Result<std::unique_ptr<SmallServer>> start_echo(net::EventLoop& loop, Logger& logger) {
  auto address = net::Address::parse("127.0.0.1", 0);
  auto socket = net::listen_tcp(*address, false);
  if (!socket) {
    return tl::unexpected(socket.error());
  }
  return std::make_unique<SmallServer>(loop, logger, std::move(*socket), 4096, echo);
}

config::SourceText echo_service(const net::Address& echo) {
  const std::string port = std::to_string(echo.port());
  return {"built-in/echo.yaml",
          "apiVersion: v1\nkind: Service\nmetadata: {name: echo, namespace: demo}\n"
          "spec:\n  ports:\n  - {name: http, port: 80, targetPort: " +
              port +
              "}\n---\n"
              "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
              "metadata:\n  name: echo-1\n  namespace: demo\n  labels: "
              "{kubernetes.io/service-name: echo}\n"
              "addressType: IPv4\nports:\n- {name: http, port: " +
              port + "}\nendpoints:\n- addresses: [127.0.0.1]\n"};
}

Result<config::SourceText> builtin_configuration(const std::string& folder) {
  const auto module = wasm::wat_to_wasm(kDemoPlugin);
  if (!module) {
    return tl::unexpected(module.error());
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = std::filesystem::absolute(folder, error).string() + "/demo-plugin.wasm";
  if (const auto written = write_file_atomically(path, *module, 0644); !written) {
    return tl::unexpected(written.error());
  }
  return config::SourceText{"built-in/demo.yaml", std::string(kRoute) + path + "\n"};
}

}  // namespace wasmgate::server
