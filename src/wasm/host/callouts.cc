#include "wasm/host/callouts.h"

#include <algorithm>

#include "fmt/format.h"
#include "wasm/host/vm.h"

namespace wasmgate::wasm {
namespace {

// What proxy_get_status gives for a call without an answer of its own.
constexpr uint32_t kFailedStatus = 11;
constexpr uint32_t kGrpcInternal = 13;

bool is_host_made_response(CallFailure failure) {
  switch (failure) {
    case CallFailure::Reset:
    case CallFailure::ResponseTooLarge:
    case CallFailure::Protocol:
      return false;
    default:
      return true;
  }
}

}  // namespace

/// One HTTP call. Keeps copies of everything while it waits for a worker.
class Callouts::Http final : public HttpCallEvents {
 public:
  Http(Callouts& owner, uint32_t by) : stream(by), owner_(owner) {}

  CallStart start() {
    HttpCall call;
    call.cluster = cluster;
    call.headers = &headers;
    call.body = body;
    call.trailers = trailers.empty() ? nullptr : &trailers;
    call.timeout = timeout;
    call.response_limit_bytes = owner_.vm_.limits().callout_response_bytes;
    return owner_.vm_.services()->http_call(call, *this, handle);
  }

  void on_http_response(http::HeaderMap& response, std::string_view bytes,
                        http::HeaderMap* response_trailers) override {
    owner_.vm_.root().status_code = 0;
    owner_.vm_.root().status_message.clear();
    deliver(&response, bytes, response_trailers);
  }

  void on_http_failure(CallFailure failure) override {
    owner_.vm_.count(owner_.vm_.code().metrics.calls_out_failed);
    owner_.vm_.root().status_code = kFailedStatus;
    owner_.vm_.root().status_message = to_string(failure);
    if (!is_host_made_response(failure)) {
      deliver(nullptr, {}, nullptr);
      return;
    }
    http::HeaderMap response;
    const std::string text(to_string(failure));
    http::set_status(response, failure == CallFailure::Timeout ? 504 : 503);
    response.add(http::kContentLength, std::to_string(text.size()));
    response.add(http::kContentType, "text/plain");
    deliver(&response, text, nullptr);
  }

  void fail_to_start() {
    owner_.vm_.count(owner_.vm_.code().metrics.calls_out_failed);
    owner_.vm_.root().status_code = kFailedStatus;
    owner_.vm_.root().status_message = to_string(CallFailure::NoHealthyHost);
    deliver(nullptr, {}, nullptr);
  }

  const uint32_t stream;  // that started it
  uint32_t id = 0;
  std::string cluster;
  http::HeaderMap headers;
  std::string body;
  http::HeaderMap trailers;
  std::chrono::milliseconds timeout{0};
  std::unique_ptr<Handle> handle;

 private:
  /// The callback. This object ends first: the guest may start new calls in there.
  void deliver(http::HeaderMap* response, std::string_view bytes,
               http::HeaderMap* response_trailers) {
    Callouts& owner = owner_;
    Vm& vm = owner.vm_;
    const uint32_t call = id;
    const auto self = std::move(owner.http_.at(call));
    owner.http_.erase(call);
    owner.note_end(stream);
    if (vm.broken() || !vm.has(Callback::HttpCallResponse)) {
      return;
    }
    auto& shown = vm.root().shown;
    shown.http_headers = response;
    shown.http_trailers = response_trailers;
    shown.http_body = &bytes;
    Value args[5];
    args[0].u32 = vm.root().id;
    args[1].u32 = call;
    args[2].u32 = response == nullptr ? 0 : static_cast<uint32_t>(response->size());
    args[3].u32 = static_cast<uint32_t>(bytes.size());
    args[4].u32 =
        response_trailers == nullptr ? 0 : static_cast<uint32_t>(response_trailers->size());
    vm.enter(vm.root(), Callback::HttpCallResponse, args, 5);
    shown = {};
  }

  Callouts& owner_;
};

/// One gRPC call or stream.
class Callouts::Grpc final : public GrpcEvents {
 public:
  Grpc(Callouts& owner, uint32_t by, CallKind as) : stream(by), kind(as), owner_(owner) {}

  CallStart start() {
    GrpcCall call;
    call.cluster = cluster;
    call.service = service;
    call.method = method;
    call.initial_metadata = &metadata;
    call.timeout = timeout;
    call.message_limit_bytes = owner_.vm_.limits().callout_response_bytes;
    const auto started = owner_.vm_.services()->grpc_stream(call, *this, handle);
    if (started == CallStart::Started) {
      for (const auto& [bytes, end] : waiting_) {
        handle->send(bytes, end);
      }
      waiting_.clear();
    }
    return started;
  }

  void send(std::string_view bytes, bool end) {
    if (handle != nullptr) {
      handle->send(bytes, end);
    } else {
      waiting_.emplace_back(bytes, end);
    }
  }

  void close() {
    if (handle != nullptr) {
      handle->close();
    } else {
      waiting_.emplace_back(std::string(), true);
    }
  }

  void on_initial_metadata(http::HeaderMap& received) override {
    if (kind == CallKind::GrpcStream) {
      owner_.vm_.root().shown.grpc_initial = &received;
      call_guest(Callback::GrpcInitialMetadata, static_cast<uint32_t>(received.size()));
    }
  }

  void on_message(std::string_view message) override {
    if (kind == CallKind::GrpcCall) {
      answer_ = message;
      answered_ = true;
      return;
    }
    owner_.vm_.root().shown.grpc_message = &message;
    call_guest(Callback::GrpcReceive, static_cast<uint32_t>(message.size()));
  }

  void on_trailing_metadata(http::HeaderMap& received) override {
    if (kind == CallKind::GrpcStream) {
      owner_.vm_.root().shown.grpc_trailing = &received;
      call_guest(Callback::GrpcTrailingMetadata, static_cast<uint32_t>(received.size()));
    }
  }

  /// A unary call that went well is one on_grpc_receive; everything else is on_grpc_close.
  void on_close(uint32_t status, std::string_view message) override {
    Callouts& owner = owner_;
    const auto self = std::move(owner.grpc_.at(id));
    owner.grpc_.erase(id);
    owner.note_end(stream);
    auto& root = owner.vm_.root();
    if (kind == CallKind::GrpcCall && status == 0 && answered_) {
      root.status_code = 0;
      root.status_message.clear();
      const std::string_view view = answer_;
      root.shown.grpc_message = &view;
      call_guest(Callback::GrpcReceive, static_cast<uint32_t>(view.size()));
      return;
    }
    const uint32_t shown_status =
        kind == CallKind::GrpcCall && status == 0 ? kGrpcInternal : status;
    if (shown_status != 0) {
      owner.vm_.count(owner.vm_.code().metrics.calls_out_failed);
    }
    root.status_code = shown_status;
    root.status_message = message;
    call_guest(Callback::GrpcClose, shown_status);
  }

  const uint32_t stream;
  const CallKind kind;
  uint32_t id = 0;
  std::string cluster;
  std::string service;
  std::string method;
  http::HeaderMap metadata;
  std::chrono::milliseconds timeout{0};
  std::unique_ptr<GrpcStream> handle;

 private:
  void call_guest(Callback callback, uint32_t last) {
    Vm& vm = owner_.vm_;
    if (!vm.broken() && vm.has(callback)) {
      Value args[3];
      args[0].u32 = vm.root().id;
      args[1].u32 = id;
      args[2].u32 = last;
      vm.enter(vm.root(), callback, args, 3);
    }
    vm.root().shown = {};
  }

  Callouts& owner_;
  std::vector<std::pair<std::string, bool>> waiting_;
  std::string answer_;
  bool answered_ = false;
};

/// One Redis query.
class Callouts::Redis final : public RedisEvents {
 public:
  Redis(Callouts& owner, uint32_t by) : stream(by), owner_(owner) {}

  CallStart start() { return owner_.vm_.services()->redis_call(target, query, *this, handle); }

  void on_redis_reply(std::string_view reply) override { deliver(0, reply); }
  void on_redis_failure(CallFailure failure) override {
    owner_.vm_.count(owner_.vm_.code().metrics.calls_out_failed);
    owner_.vm_.root().status_code = kFailedStatus;
    owner_.vm_.root().status_message = to_string(failure);
    deliver(1, {});
  }

  const uint32_t stream;
  uint32_t id = 0;
  RedisTarget target;
  std::string query;
  std::unique_ptr<Handle> handle;

 private:
  void deliver(uint32_t status, std::string_view reply) {
    Callouts& owner = owner_;
    Vm& vm = owner.vm_;
    const uint32_t call = id;
    const auto self = std::move(owner.redis_.at(call));
    owner.redis_.erase(call);
    owner.note_end(stream);
    if (vm.broken() || !vm.has(Callback::RedisCallResponse)) {
      return;
    }
    vm.root().shown.redis_reply = &reply;
    Value args[4];
    args[0].u32 = vm.root().id;
    args[1].u32 = call;
    args[2].u32 = status;
    args[3].u32 = static_cast<uint32_t>(reply.size());
    vm.enter(vm.root(), Callback::RedisCallResponse, args, 4);
    vm.root().shown = {};
  }

  Callouts& owner_;
};

Callouts::Callouts(Vm& vm) : vm_(vm) {}
Callouts::~Callouts() = default;

uint32_t Callouts::next_id(CallKind kind) {
  uint32_t id = 0;
  do {
    sequence_ = (sequence_ + 1) & 0x3FFFFFFF;
    id = (sequence_ << 2) | static_cast<uint32_t>(kind);
  } while (sequence_ == 0 || http_.contains(id) || grpc_.contains(id) || redis_.contains(id));
  return id;
}

/// The plug-in's rights and budgets. BadArgument: no such cluster; InternalFailure: not allowed, or
/// too many.
Status Callouts::check(std::string_view cluster, bool known_needed) {
  const auto& allowed = vm_.spec().callout_clusters;
  if (!allowed.empty() && !allowed.contains(std::string(cluster))) {
    vm_.count(vm_.code().metrics.refused_calls);
    vm_.code().log(
        LogLevel::Error,
        fmt::format(
            "a call to cluster {} is refused: it is not among the plug-in's callout clusters",
            cluster));
    return Status::InternalFailure;
  }
  if (known_needed && vm_.services() != nullptr && !vm_.services()->cluster_exists(cluster)) {
    return Status::BadArgument;
  }
  auto& context = vm_.effective();
  const bool too_many = in_flight() >= vm_.limits().callouts ||
                        (!context.is_root && static_cast<StreamContext&>(context).calls_out >=
                                                 vm_.limits().callouts_per_stream);
  if (too_many) {
    vm_.count(vm_.code().metrics.refused_calls);
    vm_.code().log(LogLevel::Error,
                   fmt::format("a call to cluster {} is refused: too many in flight", cluster));
    return Status::InternalFailure;
  }
  return Status::Ok;
}

void Callouts::note_start() {
  vm_.count(vm_.code().metrics.calls_out);
  if (!vm_.effective().is_root) {
    ++static_cast<StreamContext&>(vm_.effective()).calls_out;
  }
}

void Callouts::note_end(uint32_t stream) {
  Context* context = vm_.find(stream);
  if (context != nullptr && !context->is_root) {
    --static_cast<StreamContext*>(context)->calls_out;
  }
}

Status Callouts::http_call(std::string_view cluster, http::HeaderMap headers, std::string_view body,
                           http::HeaderMap trailers, uint32_t timeout_ms, uint32_t& id) {
  if (const auto status = check(cluster, true); status != Status::Ok) {
    return status;
  }
  if (!headers.contains(http::kMethod) || !headers.contains(http::kPath) ||
      !headers.contains(http::kAuthority) || timeout_ms > INT32_MAX) {
    return Status::BadArgument;
  }
  auto call = std::make_unique<Http>(*this, vm_.effective().is_root ? 0 : vm_.effective().id);
  call->cluster = cluster;
  call->headers = std::move(headers);
  if (!body.empty()) {
    call->headers.set(http::kContentLength, std::to_string(body.size()));
  }
  call->body = body;
  call->trailers = std::move(trailers);
  const auto longest = vm_.limits().callout_timeout_max;
  call->timeout =
      timeout_ms == 0 ? longest : std::min(longest, std::chrono::milliseconds(timeout_ms));
  if (vm_.services() != nullptr) {
    const auto started = call->start();
    if (started != CallStart::Started) {
      vm_.count(vm_.code().metrics.calls_out_failed);
      return started == CallStart::UnknownCluster ? Status::BadArgument : Status::InternalFailure;
    }
  }
  id = call->id = next_id(CallKind::Http);
  note_start();
  http_.emplace(id, std::move(call));
  return Status::Ok;
}

Status Callouts::open_grpc(std::unique_ptr<Grpc> call, uint32_t& id) {
  if (vm_.services() != nullptr) {
    if (!vm_.services()->cluster_exists(call->cluster)) {
      return Status::ParseFailure;
    }
    const auto started = call->start();
    if (started != CallStart::Started) {
      vm_.count(vm_.code().metrics.calls_out_failed);
      return started == CallStart::UnknownCluster ? Status::ParseFailure : Status::InternalFailure;
    }
  }
  id = call->id = next_id(call->kind);
  note_start();
  grpc_.emplace(id, std::move(call));
  return Status::Ok;
}

Status Callouts::grpc_call(std::string_view upstream, std::string_view service,
                           std::string_view method, http::HeaderMap metadata,
                           std::string_view message, uint32_t timeout_ms, uint32_t& id) {
  if (const auto status = check(upstream, false); status != Status::Ok) {
    return status;
  }
  auto call = std::make_unique<Grpc>(*this, vm_.effective().is_root ? 0 : vm_.effective().id,
                                     CallKind::GrpcCall);
  call->cluster = upstream;
  call->service = service;
  call->method = method;
  call->metadata = std::move(metadata);
  const auto longest = vm_.limits().callout_timeout_max;
  call->timeout = timeout_ms == 0 || timeout_ms > INT32_MAX
                      ? longest
                      : std::min(longest, std::chrono::milliseconds(timeout_ms));
  Grpc& started = *call;
  const auto status = open_grpc(std::move(call), id);
  if (status == Status::Ok) {
    started.send(message, true);
  }
  return status;
}

Status Callouts::grpc_stream(std::string_view upstream, std::string_view service,
                             std::string_view method, http::HeaderMap metadata, uint32_t timeout_ms,
                             uint32_t& id) {
  if (const auto status = check(upstream, false); status != Status::Ok) {
    return status;
  }
  auto call = std::make_unique<Grpc>(*this, vm_.effective().is_root ? 0 : vm_.effective().id,
                                     CallKind::GrpcStream);
  call->cluster = upstream;
  call->service = service;
  call->method = method;
  call->metadata = std::move(metadata);
  call->timeout = std::chrono::milliseconds(timeout_ms);
  return open_grpc(std::move(call), id);
}

Status Callouts::grpc_send(uint32_t id, std::string_view message, bool end_stream) {
  if ((id & 3) != static_cast<uint32_t>(CallKind::GrpcStream)) {
    return Status::BadArgument;
  }
  const auto at = grpc_.find(id);
  if (at == grpc_.end()) {
    return Status::NotFound;
  }
  at->second->send(message, end_stream);
  return Status::Ok;
}

Status Callouts::grpc_close(uint32_t id) {
  const auto at = grpc_.find(id);
  if (at == grpc_.end()) {
    return Status::NotFound;
  }
  if (at->second->kind == CallKind::GrpcCall) {
    return grpc_cancel(id);
  }
  at->second->close();
  return Status::Ok;
}

Status Callouts::grpc_cancel(uint32_t id) {
  const auto at = grpc_.find(id);
  if (at == grpc_.end()) {
    return Status::NotFound;
  }
  const auto call = std::move(at->second);
  grpc_.erase(at);
  note_end(call->stream);
  return Status::Ok;
}

Status Callouts::redis_init(std::string_view service, std::string_view user,
                            std::string_view password, uint32_t timeout_ms) {
  RedisTarget target;
  // "outbound|6379||redis.static?db=1&…": parameters after the name.
  const size_t question = service.find('?');
  target.service = service.substr(0, question);
  if (question != std::string_view::npos) {
    const auto parameters = service.substr(question + 1);
    const size_t db = parameters.find("db=");
    if (db != std::string_view::npos) {
      for (size_t i = db + 3;
           i < parameters.size() && parameters[i] >= '0' && parameters[i] <= '9' && i < db + 8;
           ++i) {
        target.database = target.database * 10 + static_cast<uint32_t>(parameters[i] - '0');
      }
    }
  }
  if (const auto status = check(target.service, true); status != Status::Ok) {
    return status == Status::InternalFailure ? Status::BadArgument : status;
  }
  target.user = user;
  target.password = password;
  const auto longest = vm_.limits().callout_timeout_max;
  target.timeout =
      timeout_ms == 0 ? longest : std::min(longest, std::chrono::milliseconds(timeout_ms));
  target.reply_limit_bytes = vm_.limits().callout_response_bytes;
  redis_targets_.insert_or_assign(std::string(service), std::move(target));
  return Status::Ok;
}

Status Callouts::redis_call(std::string_view service, std::string_view query, uint32_t& id) {
  auto target = redis_targets_.find(service);
  if (target == redis_targets_.end()) {
    // Prepared under "name?db=…", called by the name alone.
    target = std::find_if(redis_targets_.begin(), redis_targets_.end(),
                          [&](const auto& known) { return known.second.service == service; });
  }
  if (target == redis_targets_.end()) {
    return Status::BadArgument;
  }
  if (const auto status = check(target->second.service, true); status != Status::Ok) {
    return status;
  }
  auto call = std::make_unique<Redis>(*this, vm_.effective().is_root ? 0 : vm_.effective().id);
  call->target = target->second;
  call->query = query;
  if (vm_.services() != nullptr) {
    const auto started = call->start();
    if (started != CallStart::Started) {
      vm_.count(vm_.code().metrics.calls_out_failed);
      return started == CallStart::UnknownCluster ? Status::BadArgument : Status::InternalFailure;
    }
  }
  id = call->id = next_id(CallKind::Redis);
  note_start();
  redis_.emplace(id, std::move(call));
  return Status::Ok;
}

bool Callouts::started_by(uint32_t stream) const {
  const auto by_stream = [stream](const auto& entry) { return entry.second->stream == stream; };
  return std::any_of(http_.begin(), http_.end(), by_stream) ||
         std::any_of(grpc_.begin(), grpc_.end(), by_stream) ||
         std::any_of(redis_.begin(), redis_.end(), by_stream);
}

/// Calls that began while the VM was being prepared. Each failure is an event, since the guest
/// holds an id.
void Callouts::attach() {
  std::vector<uint32_t> waiting;
  for (const auto& [id, call] : http_) {
    waiting.push_back(id);
  }
  for (const uint32_t id : waiting) {
    if (const auto at = http_.find(id);
        at != http_.end() && at->second->start() != CallStart::Started) {
      at->second->fail_to_start();
    }
  }
  waiting.clear();
  for (const auto& [id, call] : grpc_) {
    waiting.push_back(id);
  }
  for (const uint32_t id : waiting) {
    if (const auto at = grpc_.find(id);
        at != grpc_.end() && at->second->start() != CallStart::Started) {
      at->second->on_close(14, to_string(CallFailure::NoHealthyHost));
    }
  }
  waiting.clear();
  for (const auto& [id, call] : redis_) {
    waiting.push_back(id);
  }
  for (const uint32_t id : waiting) {
    if (const auto at = redis_.find(id);
        at != redis_.end() && at->second->start() != CallStart::Started) {
      at->second->on_redis_failure(CallFailure::NoHealthyHost);
    }
  }
}

/// Takes the maps first: destroying a handle may call back into its service.
void Callouts::clear() {
  const auto http = std::move(http_);
  const auto grpc = std::move(grpc_);
  const auto redis = std::move(redis_);
  http_.clear();
  grpc_.clear();
  redis_.clear();
}

}  // namespace wasmgate::wasm
