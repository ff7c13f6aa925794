#include "testing/host_simulator.h"

#include <algorithm>
#include <cstring>

#include "api/dispatch.h"
#include "testing/host_access.h"

namespace wasmgate::testing {

namespace dispatch = wasmgate::sdk::dispatch;

HostSimulator* HostAccess::current = nullptr;

std::string LocalReply::header(std::string_view name) const {
  return HostAccess::find(headers, name).value_or("");
}
bool LocalReply::hasHeader(std::string_view name) const {
  return HostAccess::find(headers, name).has_value();
}

// Host -------------------------------------------------------------------------------------------

HostSimulator::HostSimulator() {
  if (HostAccess::current != nullptr) {
    std::abort();  // two simulators would answer for one another
  }
  HostAccess::current = this;
}

HostSimulator::~HostSimulator() {
  if (root_context_ != 0) {
    effective_context_ = root_context_;
    dispatch::done(root_context_);
    dispatch::context_delete(root_context_);
  }
  HostAccess::current = nullptr;
}

bool HostSimulator::configure(std::string_view json) {
  if (root_context_ == 0) {
    root_context_ = next_id_++;
    effective_context_ = root_context_;
    dispatch::context_create(root_context_, 0);
    if (dispatch::vm_start(root_context_, 0) == 0) {
      return false;
    }
  }
  effective_context_ = root_context_;
  configuration_ = json;
  return dispatch::configure(root_context_, static_cast<uint32_t>(json.size())) != 0;
}

std::unique_ptr<StreamSimulator> HostSimulator::stream() {
  return std::make_unique<StreamSimulator>(*this, next_id_++);
}

void HostSimulator::tick() {
  effective_context_ = root_context_;
  dispatch::tick(root_context_);
}

void HostSimulator::queueReady(uint32_t token) {
  effective_context_ = root_context_;
  dispatch::queue_ready(root_context_, token);
}

void HostSimulator::answerCall(uint32_t token, HeaderStringPairs headers, std::string body,
                               HeaderStringPairs trailers) {
  effective_context_ = root_context_;
  call_headers_ = std::move(headers);
  call_body_ = std::move(body);
  call_trailers_ = std::move(trailers);
  dispatch::http_call_response(root_context_, token, static_cast<uint32_t>(call_headers_.size()),
                               static_cast<uint32_t>(call_body_.size()),
                               static_cast<uint32_t>(call_trailers_.size()));
}

void HostSimulator::grpcInitialMetadata(uint32_t token, HeaderStringPairs metadata) {
  effective_context_ = root_context_;
  call_headers_ = std::move(metadata);
  dispatch::grpc_initial_metadata(root_context_, token,
                                  static_cast<uint32_t>(call_headers_.size()));
}
void HostSimulator::grpcMessage(uint32_t token, std::string message) {
  effective_context_ = root_context_;
  call_body_ = std::move(message);
  dispatch::grpc_receive(root_context_, token, static_cast<uint32_t>(call_body_.size()));
}
void HostSimulator::grpcTrailingMetadata(uint32_t token, HeaderStringPairs metadata) {
  effective_context_ = root_context_;
  call_trailers_ = std::move(metadata);
  dispatch::grpc_trailing_metadata(root_context_, token,
                                   static_cast<uint32_t>(call_trailers_.size()));
}
void HostSimulator::grpcClose(uint32_t token, int32_t status) {
  effective_context_ = root_context_;
  dispatch::grpc_close(root_context_, token, static_cast<uint32_t>(status));
}

std::string HostSimulator::logText(LogLevel level) const {
  std::string text;
  for (const auto& [line_level, line] : log) {
    if (line_level >= level) {
      text += line + "\n";
    }
  }
  return text;
}

// Stream -----------------------------------------------------------------------------------------

StreamSimulator::StreamSimulator(HostSimulator& host, uint32_t id) : host_(host), id_(id) {
  host_.streams_[id] = this;
  host_.effective_context_ = id;
  dispatch::context_create(id, host_.root_context_);
}

StreamSimulator::~StreamSimulator() {
  host_.effective_context_ = id_;
  dispatch::log(id_);
  dispatch::done(id_);
  dispatch::context_delete(id_);
  host_.streams_.erase(id_);
}

const LocalReply& StreamSimulator::reply() const {
  static const LocalReply kNone;
  return reply_ ? *reply_ : kNone;
}

void StreamSimulator::request(HeaderStringPairs headers, std::vector<std::string> chunks) {
  for (const auto& [name, value] : {std::pair<std::string, std::string>{":scheme", "http"},
                                    {":authority", "example.com"},
                                    {":path", "/"},
                                    {":method", "GET"}}) {
    if (!HostAccess::find(headers, name)) {
      headers.insert(headers.begin(), {name, value});
    }
  }
  const auto status = requestHeaders(std::move(headers), chunks.empty());
  const bool held = status == FilterHeadersStatus::StopAllIterationAndBuffer ||
                    status == FilterHeadersStatus::StopAllIterationAndWatermark;
  for (size_t index = 0; index < chunks.size() && !replied() && !held; ++index) {
    requestBody(chunks[index], index + 1 == chunks.size());
  }
}

void StreamSimulator::response(HeaderStringPairs headers, std::vector<std::string> chunks) {
  if (!HostAccess::find(headers, ":status")) {
    headers.insert(headers.begin(), {":status", "200"});
  }
  responseHeaders(std::move(headers), chunks.empty());
  for (size_t index = 0; index < chunks.size() && !replied(); ++index) {
    responseBody(chunks[index], index + 1 == chunks.size());
  }
}

FilterHeadersStatus StreamSimulator::requestHeaders(HeaderStringPairs headers, bool end_of_stream) {
  request_headers = std::move(headers);
  host_.effective_context_ = id_;
  const auto status = static_cast<FilterHeadersStatus>(dispatch::request_headers(
      id_, static_cast<uint32_t>(request_headers.size()), end_of_stream ? 1 : 0));
  request_headers_sent_ = status == FilterHeadersStatus::Continue && !replied();
  return status;
}

FilterDataStatus StreamSimulator::requestBody(std::string_view chunk, bool end_of_stream) {
  request_body += chunk;
  host_.effective_context_ = id_;
  const auto status = static_cast<FilterDataStatus>(dispatch::request_body(
      id_, static_cast<uint32_t>(request_body.size()), end_of_stream ? 1 : 0));
  if (status == FilterDataStatus::Continue && !replied()) {
    request_headers_sent_ = true;
    sent_request_body_ += request_body;
  }
  if (status == FilterDataStatus::Continue || status == FilterDataStatus::StopIterationNoBuffer) {
    request_body.clear();
  }
  return status;
}

FilterTrailersStatus StreamSimulator::requestTrailers(HeaderStringPairs trailers) {
  request_trailers = std::move(trailers);
  host_.effective_context_ = id_;
  const auto status = static_cast<FilterTrailersStatus>(
      dispatch::request_trailers(id_, static_cast<uint32_t>(request_trailers.size())));
  if (status == FilterTrailersStatus::Continue && !replied()) {
    request_headers_sent_ = true;
    sent_request_body_ += request_body;
    request_body.clear();
  }
  return status;
}

FilterHeadersStatus StreamSimulator::responseHeaders(HeaderStringPairs headers,
                                                     bool end_of_stream) {
  response_headers = std::move(headers);
  host_.effective_context_ = id_;
  return static_cast<FilterHeadersStatus>(dispatch::response_headers(
      id_, static_cast<uint32_t>(response_headers.size()), end_of_stream ? 1 : 0));
}

FilterDataStatus StreamSimulator::responseBody(std::string_view chunk, bool end_of_stream) {
  response_body += chunk;
  host_.effective_context_ = id_;
  const auto status = static_cast<FilterDataStatus>(dispatch::response_body(
      id_, static_cast<uint32_t>(response_body.size()), end_of_stream ? 1 : 0));
  if (status == FilterDataStatus::Continue && !replied()) {
    sent_response_body_ += response_body;
  }
  if (status == FilterDataStatus::Continue || status == FilterDataStatus::StopIterationNoBuffer) {
    response_body.clear();
  }
  return status;
}

FilterTrailersStatus StreamSimulator::responseTrailers(HeaderStringPairs trailers) {
  response_trailers = std::move(trailers);
  host_.effective_context_ = id_;
  return static_cast<FilterTrailersStatus>(
      dispatch::response_trailers(id_, static_cast<uint32_t>(response_trailers.size())));
}

std::optional<std::string> StreamSimulator::requestHeader(std::string_view name) const {
  return HostAccess::find(request_headers, name);
}
std::optional<std::string> StreamSimulator::responseHeader(std::string_view name) const {
  return HostAccess::find(response_headers, name);
}
std::vector<std::string> StreamSimulator::requestHeaderValues(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : request_headers) {
    if (HostAccess::same_name(key, name)) {
      values.push_back(value);
    }
  }
  return values;
}

}  // namespace wasmgate::testing
