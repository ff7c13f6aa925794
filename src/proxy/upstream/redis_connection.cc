#include "proxy/upstream/redis_connection.h"

#include <algorithm>
#include <utility>

namespace wasmgate::proxy {
namespace {

constexpr size_t kMaxQueries = 1024;
constexpr size_t kMaxWaitingBytes = 4 * 1024 * 1024;

Error error_of(UpstreamFailure failure) {
  return {code_of(failure), std::string(to_string(failure)), ErrorSource::Upstream};
}

}  // namespace

// ---- one query ----

RedisCall::RedisCall(WorkerContext& context, RedisConnection& connection,
                     RedisClient::Handler handler)
    : context_(context),
      connection_(&connection),
      handler_(std::move(handler)),
      timer_(context.loop.timers(), [this] { on_timeout(); }) {}

RedisCall::~RedisCall() {
  if (connection_ != nullptr) {
    connection_->forget(*this);
  }
}

void RedisCall::on_timeout() {
  RedisConnection& connection = *connection_;
  finish(tl::unexpected(error_of(UpstreamFailure::Timeout)));
  connection.on_call_timeout(*this);
}

void RedisCall::finish(Result<std::string> result) {
  timer_.cancel();
  connection_ = nullptr;
  if (!result) {
    context_.metrics.add(context_.ids.async_call_failures);
  }
  result_ = std::move(result);
  context_.loop.next_turn(deliver_);
}

// The handler may destroy this object: nothing is touched after it.
void RedisCall::deliver() {
  const RedisClient::Handler handler = std::move(handler_);
  handler(std::move(result_));
}

// ---- the connection ----

RedisConnection::RedisConnection(WorkerContext& context, RedisClient& owner, Cluster& cluster,
                                 const RedisQuery& query)
    : context_(context),
      owner_(owner),
      cluster_(cluster),
      user_(query.user),
      password_(query.password),
      database_(query.database),
      idle_timer_(context.loop.timers(), [this] { close(UpstreamFailure::Reset); }) {
  context_.loop.next_turn(start_hook_);  // a failure must not come inside send()
}

RedisConnection::~RedisConnection() {
  for (Query& query : queries_) {
    if (query.call != nullptr) {
      query.call->finish(tl::unexpected(error_of(UpstreamFailure::Reset)));
    }
    cluster_.get()->end_request();
  }
  if (host_ != nullptr) {
    --host_->active_requests;
  }
}

bool RedisConnection::serves(const Cluster& cluster, const RedisQuery& query) const {
  if (state_ == State::Closed || cluster_.get() != &cluster || user_ != query.user ||
      password_ != query.password || database_ != query.database) {
    return false;
  }
  const auto is_ours = [this](const auto& host) { return host.get() == host_; };
  return host_ == nullptr || std::any_of(cluster.hosts().begin(), cluster.hosts().end(), is_ours);
}

bool RedisConnection::has_room(size_t bytes) const {
  const size_t waiting =
      transport_ == nullptr ? waiting_bytes_ : waiting_bytes_ + transport_->output().size();
  return queries_.size() < kMaxQueries && (waiting == 0 || waiting + bytes <= kMaxWaitingBytes);
}

std::unique_ptr<AsyncCall> RedisConnection::send(RedisQuery query, RedisClient::Handler handler) {
  auto call = std::make_unique<RedisCall>(context_, *this, std::move(handler));
  idle_timer_.cancel();
  queries_.push_back({.call = call.get(),
                      .bytes = std::move(query.bytes),
                      .reply_limit_bytes = query.reply_limit_bytes});
  waiting_bytes_ += queries_.back().bytes.size();
  if (state_ == State::Ready) {
    write(queries_.back());
  }
  call->start(query.timeout);
  return call;
}

void RedisConnection::write(Query& query) {
  waiting_bytes_ -= query.bytes.size();
  transport_->output().append(query.bytes);
  transport_->flush_soon();
  query.bytes.clear();
  query.sent = context_.now();
}

/// The query's owner does not wait any more.
void RedisConnection::forget(const RedisCall& call) {
  const auto at = std::find_if(queries_.begin(), queries_.end(),
                               [&](const Query& query) { return query.call == &call; });
  if (at == queries_.end()) {
    return;
  }
  at->call = nullptr;
  if (state_ != State::Ready) {  // not sent: it need not be
    waiting_bytes_ -= at->bytes.size();
    queries_.erase(at);
    cluster_.get()->end_request();
  }
}

/// A reply may still come, and those behind it too; but when nothing at all has come since the
/// query left, nothing will.
void RedisConnection::on_call_timeout(RedisCall& call) {
  const auto at = std::find_if(queries_.begin(), queries_.end(),
                               [&](const Query& query) { return query.call == &call; });
  const bool silent = at != queries_.end() && state_ == State::Ready && last_input_ < at->sent;
  forget(call);
  context_.metrics.add(context_.ids.upstream_timeouts);
  if (silent) {
    close(UpstreamFailure::Reset);
  }
}

void RedisConnection::connect() {
  Cluster& cluster = *cluster_.get();
  if (cluster.resolving()) {
    cluster.wait_resolved(resolve_waiter_);
    return;
  }
  host_ = cluster.choose(nullptr, {});
  if (host_ == nullptr) {
    return close(cluster.resolve_failed() ? UpstreamFailure::ResolveFailed
                                          : UpstreamFailure::NoHealthyHost);
  }
  ++host_->active_requests;
  state_ = State::Connecting;
  transport_ = context_.services.connector.connect(host_->address,
                                                   context_.settings.timeouts.connect, *this);
}

void RedisConnection::on_connected() {
  cluster_.get()->note_result(*host_, false);
  state_ = State::SigningIn;
  sign_in();
  if (sign_in_replies_ == 0) {
    become_ready();
  }
}

void RedisConnection::sign_in() {
  std::string commands;
  if (!password_.empty()) {
    commands += user_.empty() ? resp_command({"AUTH", password_})
                              : resp_command({"AUTH", user_, password_});
    ++sign_in_replies_;
  }
  if (database_ != 0) {
    commands += resp_command({"SELECT", std::to_string(database_)});
    ++sign_in_replies_;
  }
  transport_->output().append(commands);
  transport_->flush_soon();
}

void RedisConnection::become_ready() {
  state_ = State::Ready;
  for (Query& query : queries_) {
    write(query);
  }
  watch_idle();
}

size_t RedisConnection::on_data(std::string_view bytes) {
  last_input_ = context_.now();
  reader_.feed(bytes);
  std::string reply;
  while (state_ != State::Closed) {
    const RespReader::Outcome outcome = reader_.next(reply);
    if (outcome == RespReader::Outcome::NeedMore) {
      break;
    }
    if (outcome == RespReader::Outcome::Malformed || !take_reply(std::move(reply))) {
      close(UpstreamFailure::Protocol);
      return bytes.size();
    }
  }
  if (state_ == State::Ready && !queries_.empty() &&
      reader_.waiting() > queries_.front().reply_limit_bytes) {
    if (RedisCall* call = std::exchange(queries_.front().call, nullptr)) {
      call->finish(tl::unexpected(
          Error(ErrorCode::LimitExceeded, "response too large", ErrorSource::Upstream)));
    }
    close(UpstreamFailure::Reset);
  }
  return bytes.size();
}

/// False when nobody asked.
bool RedisConnection::take_reply(std::string reply) {
  if (sign_in_replies_ > 0) {
    return take_sign_in_reply(reply);
  }
  if (queries_.empty()) {
    return false;
  }
  if (RedisCall* call = std::exchange(queries_.front().call, nullptr)) {
    if (reply.size() > queries_.front().reply_limit_bytes) {
      call->finish(tl::unexpected(
          Error(ErrorCode::LimitExceeded, "response too large", ErrorSource::Upstream)));
    } else {
      call->finish(std::move(reply));
    }
  }
  pop_query();
  return true;
}

bool RedisConnection::take_sign_in_reply(const std::string& reply) {
  if (!reply.starts_with('+')) {
    const std::string_view line =
        std::string_view(reply).substr(0, std::min<size_t>(reply.find("\r\n"), 200));
    context_.services.logger.error("cluster {}: Redis refuses the user or the database: {}",
                                   cluster_.get()->name(), line);
    close(UpstreamFailure::ConnectRefused);
    return true;
  }
  if (--sign_in_replies_ == 0) {
    become_ready();
  }
  return true;
}

void RedisConnection::pop_query() {
  queries_.pop_front();
  cluster_.get()->end_request();
  watch_idle();
}

void RedisConnection::watch_idle() {
  if (queries_.empty()) {
    idle_timer_.arm(context_.settings.timeouts.pool_idle);
  }
}

void RedisConnection::on_closed(net::CloseReason reason) {
  if (state_ == State::Connecting) {
    context_.metrics.add(context_.ids.upstream_connect_failures);
    cluster_.get()->note_result(*host_, true);
  }
  close(failure_of(reason));
}

void RedisConnection::close(UpstreamFailure reason) {
  if (state_ == State::Closed) {
    return;
  }
  state_ = State::Closed;
  idle_timer_.cancel();
  resolve_waiter_.unlink();
  if (transport_ != nullptr) {
    transport_->close();
  }
  for (Query& query : queries_) {
    if (RedisCall* call = std::exchange(query.call, nullptr)) {
      call->finish(tl::unexpected(error_of(reason)));
    }
  }
  owner_.on_closed(*this);
}

}  // namespace wasmgate::proxy
