// An in-process host for native unit tests of plug-ins: it answers every host function, keeps
// headers, bodies, properties and shared data, and drives the callbacks in a gateway's order.
//
//     HostSimulator host;
//     ASSERT_TRUE(host.configure(R"({"block_urls":["swagger"]})"));
//     auto stream = host.stream();
//     stream->request({{":path", "/swagger.html"}});
//     EXPECT_EQ(stream->reply().code, 403);
//
// There is no clock, network or thread: time is what the test sets, an HTTP call waits in
// `host.calls` until the test answers it. One simulator lives at a time; the contexts of a plug-in
// die with it. Not simulated: TCP streams, METADATA frames, limits.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy_wasm_common.h"

namespace wasmgate::testing {

struct LocalReply {
  uint32_t code = 0;
  std::string details;
  std::string body;
  HeaderStringPairs headers;
  int32_t grpc_status = -1;
  /// First value of a header, without case; empty when absent.
  std::string header(std::string_view name) const;
  bool hasHeader(std::string_view name) const;
};

/// One HTTP or gRPC call a plug-in has started.
struct CallOut {
  uint32_t token = 0;
  std::string upstream;
  HeaderStringPairs headers;  // gRPC: initial metadata
  std::string body;           // gRPC: the message
  HeaderStringPairs trailers;
  uint32_t timeout_milliseconds = 0;
  std::string service;  // gRPC only
  std::string method;   // gRPC only
};

class HostSimulator;

/// One HTTP stream. Its destructor ends it (log, done, delete).
class StreamSimulator {
 public:
  StreamSimulator(HostSimulator& host, uint32_t id);
  ~StreamSimulator();
  StreamSimulator(const StreamSimulator&) = delete;
  StreamSimulator& operator=(const StreamSimulator&) = delete;

  /// Whole request: head, then the body in `chunks` (none: the head ends the stream). Stops as a
  /// host does: at a local reply, and while the plug-in holds everything. Pseudo-headers that are
  /// missing get defaults (GET, "/", "example.com", http).
  void request(HeaderStringPairs headers, std::vector<std::string> chunks = {});
  /// Whole response, as `request`.
  void response(HeaderStringPairs headers, std::vector<std::string> chunks = {});

  // Single steps; each returns what the plug-in answered.
  FilterHeadersStatus requestHeaders(HeaderStringPairs headers, bool end_of_stream);
  FilterDataStatus requestBody(std::string_view chunk, bool end_of_stream);
  FilterTrailersStatus requestTrailers(HeaderStringPairs trailers);
  FilterHeadersStatus responseHeaders(HeaderStringPairs headers, bool end_of_stream);
  FilterDataStatus responseBody(std::string_view chunk, bool end_of_stream);
  FilterTrailersStatus responseTrailers(HeaderStringPairs trailers);

  bool replied() const { return reply_.has_value(); }
  /// The local reply; code 0 when there is none.
  const LocalReply& reply() const;
  uint32_t id() const { return id_; }

  /// First value, without case; nothing when absent.
  std::optional<std::string> requestHeader(std::string_view name) const;
  std::optional<std::string> responseHeader(std::string_view name) const;
  /// All values of a request header.
  std::vector<std::string> requestHeaderValues(std::string_view name) const;
  /// What has passed the plug-in towards upstream or client.
  const std::string& sentRequestBody() const { return sent_request_body_; }
  const std::string& sentResponseBody() const { return sent_response_body_; }
  bool requestHeadersSent() const { return request_headers_sent_; }
  bool requestContinued() const { return request_continued_; }
  bool responseContinued() const { return response_continued_; }
  bool closed() const { return closed_; }

  std::map<std::string, std::string> properties;  // over the host's; paths joined by '.'
  HeaderStringPairs request_headers;
  HeaderStringPairs request_trailers;
  HeaderStringPairs response_headers;
  HeaderStringPairs response_trailers;
  std::string request_body;  // held so far, current piece included
  std::string response_body;

 private:
  friend class HostSimulator;
  friend struct HostAccess;

  HostSimulator& host_;
  const uint32_t id_;
  std::optional<LocalReply> reply_;
  std::string sent_request_body_;
  std::string sent_response_body_;
  bool request_headers_sent_ = false;
  bool request_continued_ = false;
  bool response_continued_ = false;
  bool closed_ = false;
};

class HostSimulator {
 public:
  HostSimulator();
  ~HostSimulator();
  HostSimulator(const HostSimulator&) = delete;
  HostSimulator& operator=(const HostSimulator&) = delete;

  /// Makes the root context if there is none, and configures it. `json`: the bytes, may be empty.
  /// Returns what onConfigure answered.
  bool configure(std::string_view json);
  /// Starts a stream on the configured plug-in.
  std::unique_ptr<StreamSimulator> stream();
  /// Runs the timer callback.
  void tick();
  /// Tells the plug-in that a queue has an item.
  void queueReady(uint32_t token);
  /// Answers an HTTP call of `calls`.
  void answerCall(uint32_t token, HeaderStringPairs headers, std::string body,
                  HeaderStringPairs trailers = {});
  // gRPC events of a call or stream.
  void grpcInitialMetadata(uint32_t token, HeaderStringPairs metadata);
  void grpcMessage(uint32_t token, std::string message);
  void grpcTrailingMetadata(uint32_t token, HeaderStringPairs metadata);
  void grpcClose(uint32_t token, int32_t status);

  /// Text of every log line of at least `level` so far, one per line.
  std::string logText(LogLevel level = LogLevel::trace) const;

  std::string root_id;
  std::map<std::string, std::string> properties;  // e.g. "route_name", "request.protocol"
  LogLevel log_level = LogLevel::debug;
  uint64_t now_nanoseconds = 1'700'000'000'000'000'000;
  uint32_t tick_milliseconds = 0;
  std::vector<std::pair<LogLevel, std::string>> log;
  std::vector<CallOut> calls;
  std::vector<std::pair<uint32_t, std::string>> grpc_sent;  // token, message
  std::vector<uint32_t> grpc_ended;                         // cancelled or closed tokens
  /// Answer of the next calls out, foreign functions and shared-data writes instead of success.
  std::optional<WasmResult> fail_calls;
  std::optional<WasmResult> fail_shared_data_writes;
  std::map<std::string, std::string> foreign_results;  // name to bytes; others are NotFound
  std::map<std::string, std::pair<std::string, uint32_t>> shared_data;  // value, version
  std::map<uint32_t, std::deque<std::string>> queues;
  std::map<std::string, uint32_t> queue_tokens;
  std::map<std::string, uint64_t> metrics;  // by full name

 private:
  friend class StreamSimulator;
  friend struct HostAccess;

  uint32_t root_context_ = 0;
  uint32_t next_id_ = 1;
  uint32_t next_token_ = 1;
  uint32_t effective_context_ = 0;
  uint32_t next_version_ = 1;
  std::string configuration_;
  std::map<uint32_t, StreamSimulator*> streams_;
  std::vector<std::string> metric_names_;
  // Of the current call's answer.
  HeaderStringPairs call_headers_;
  HeaderStringPairs call_trailers_;
  std::string call_body_;
};

}  // namespace wasmgate::testing
