#include "server/small_server.h"

#include <chrono>
#include <utility>

#include "http/http1/http1_server_codec.h"
#include "net/tcp_transport.h"

namespace wasmgate::server {

class SmallServer::Connection final : public net::TransportEvents,
                                      public http::ServerCodecEvents,
                                      public net::Deletable {
 public:
  Connection(SmallServer& server, net::Socket socket, const net::Address& remote)
      : server_(server),
        transport_(std::make_unique<net::TcpTransport>(server.loop_, std::move(socket), remote)),
        codec_(http::make_http1_server_codec(*this, http::MessageLimits{})),
        idle_(server.loop_.timers(), [this] { close(); }) {
    transport_->set_events(*this);
    idle_.arm(std::chrono::seconds(30));
  }

  // net::TransportEvents
  void on_connected() override {}
  size_t on_data(std::string_view bytes) override {
    idle_.arm(std::chrono::seconds(30));
    size_t taken = 0;
    while (taken < bytes.size() && !closing_) {
      const size_t n = codec_->feed(bytes.substr(taken));
      if (n == 0) {
        break;
      }
      taken += n;
    }
    if (codec_->finished()) {
      finish();
    }
    return bytes.size();
  }
  void on_end_of_input() override { close(); }
  void on_output_progress(size_t, size_t) override {}
  void on_closed(net::CloseReason) override { close(); }

  // http::ServerCodecEvents
  void on_request_head(http::StreamId, http::HeaderMap&& headers,
                       const http::RequestFacts&) override {
    headers_ = std::move(headers);
  }
  void on_request_data(http::StreamId, std::string_view data) override {
    if (body_.size() + data.size() > kBodyLimit) {
      close();
      return;
    }
    body_.append(data);
  }
  void on_request_trailers(http::StreamId, http::HeaderMap&&) override {}
  void on_request_end(http::StreamId stream) override {
    const SmallReply reply = server_.handler_(headers_, body_);
    body_.clear();
    answer(stream, reply);
  }
  void on_stream_reset(http::StreamId) override {}
  void on_refusal(http::StreamId stream, const http::Refusal& refusal) override {
    SmallReply reply;
    reply.status = refusal.status;
    reply.body = std::string(refusal.reason) + "\n";
    answer(stream, reply);
    finish();
  }

 private:
  static constexpr size_t kBodyLimit = 4ULL * 1024 * 1024;

  void answer(http::StreamId stream, const SmallReply& reply) {
    const bool head = headers_.get(http::kMethod) == "HEAD";
    http::HeaderMap out;
    http::set_status(out, reply.status);
    for (const auto& [name, value] : reply.headers) {
      out.add(name, value);
    }
    out.add(http::kContentLength, std::to_string(reply.body.size()));
    const bool no_body = head || reply.body.empty();
    codec_->write_head(stream, out, no_body, transport_->output());
    if (!no_body) {
      codec_->write_data(stream, reply.body, true, transport_->output());
    }
    transport_->flush_soon();
  }
  void finish() {
    if (!closing_) {
      closing_ = true;
      transport_->shutdown_output();
      idle_.arm(std::chrono::seconds(1));
    }
  }
  void close() {
    closing_ = true;
    transport_->close();
    server_.forget(*this);
  }

  SmallServer& server_;
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<http::ServerCodec> codec_;
  http::HeaderMap headers_;
  net::Timer idle_;
  std::string body_;
  bool closing_ = false;
};

SmallServer::SmallServer(net::EventLoop& loop, Logger& logger, net::Socket socket,
                         size_t connections, Handler handler)
    : loop_(loop),
      limit_(connections),
      handler_(std::move(handler)),
      listener_(std::make_unique<net::TcpListener>(
          loop, logger, std::move(socket),
          [this](net::Socket accepted, const net::Address& remote) {
            accept(std::move(accepted), remote);
          })) {}

SmallServer::~SmallServer() = default;

void SmallServer::accept(net::Socket socket, const net::Address& remote) {
  if (connections_.size() >= limit_) {
    return;  // closes it
  }
  auto connection = std::make_unique<Connection>(*this, std::move(socket), remote);
  Connection* raw = connection.get();
  connections_.emplace(raw, std::move(connection));
}

void SmallServer::forget(Connection& connection) {
  const auto at = connections_.find(&connection);
  if (at != connections_.end()) {
    loop_.delete_later(std::move(at->second));
    connections_.erase(at);
  }
}

}  // namespace wasmgate::server
