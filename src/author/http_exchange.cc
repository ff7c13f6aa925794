#include "author/http_exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "http/http1/http1_client_codec.h"
#include "net/socket.h"

namespace wasmgate::author {
namespace {

using Clock = std::chrono::steady_clock;

class Exchange final : public http::ClientCodecEvents {
 public:
  Exchange(net::Socket socket, Clock::time_point end)
      : socket_(std::move(socket)),
        end_(end),
        codec_(http::make_http1_client_codec(*this, http::default_response_limits())) {}

  Result<SeenMessage> run(const CaseRequest& request) {
    write_head(request);
    const bool chunked = !request.chunks.empty();
    const size_t pieces = chunked ? request.chunks.size() : request.body ? 1 : 0;
    for (size_t i = 0; i < pieces && flush(); ++i) {
      const std::string& piece = chunked ? request.chunks[i] : *request.body;
      codec_->write_data(stream_, piece, i + 1 == pieces, out_);
    }
    flush();
    while (!done_ && !problem_) {
      receive(true);
    }
    return problem_ ? Result<SeenMessage>(tl::unexpected(*problem_)) : std::move(response_);
  }

  void on_interim(http::StreamId, http::HeaderMap&&) override {}
  void on_response_head(http::StreamId, http::HeaderMap&& headers, bool) override {
    response_.status = http::status_of(headers);
    for (const http::HeaderField& field : headers.fields()) {
      response_.headers.emplace_back(field.name, field.value);
    }
  }
  void on_response_data(http::StreamId, std::string_view data) override {
    response_.body.append(data);
  }
  void on_response_trailers(http::StreamId, http::HeaderMap&&) override {}
  void on_response_end(http::StreamId) override { done_ = true; }
  void on_stream_reset(http::StreamId) override {
    fail_with(ErrorCode::Protocol, "the response was reset");
  }
  void on_refusal(http::StreamId, const http::Refusal& refusal) override {
    fail_with(ErrorCode::Protocol, "the response breaks a rule: " + std::string(refusal.reason));
  }

 private:
  void write_head(const CaseRequest& request) {
    http::HeaderMap headers;
    headers.add(http::kMethod, request.method);
    headers.add(http::kScheme, "http");
    headers.add(http::kAuthority, request.host);
    headers.add(http::kPath, request.path);
    for (const auto& [name, value] : request.headers) {
      headers.add(name, value);
    }
    if (request.body && !headers.contains(http::kContentLength)) {
      headers.add(http::kContentLength, std::to_string(request.body->size()));
    }
    stream_ = codec_->write_head(headers, !request.body && request.chunks.empty(), out_);
  }

  void fail_with(ErrorCode code, std::string text) {
    if (!problem_) {
      problem_ = Error(code, std::move(text));
    }
  }

  // Sends what is written. False once the response is complete or the connection is lost.
  bool flush() {
    while (!out_.empty() && !done_ && !problem_) {
      const ssize_t sent =
          ::send(socket_.fd(), out_.view().data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) {
        out_.drain(static_cast<size_t>(sent));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        receive(false);
      } else if (errno != EINTR) {
        out_.clear();  // the peer reads no more: what it has answered counts
        return false;
      }
    }
    return !done_ && !problem_;
  }

  // Waits for bytes, or (unless `only_reading`) for room to send, and reads once.
  void receive(bool only_reading) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
    pollfd one{socket_.fd(), static_cast<short>(only_reading ? POLLIN : POLLIN | POLLOUT), 0};
    if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) == 0) {
      fail_with(ErrorCode::Timeout, "no complete response in time");
      return;
    }
    if ((one.revents & ~POLLOUT) == 0) {
      return;
    }
    char block[65536];
    const ssize_t size = ::recv(socket_.fd(), block, sizeof(block), MSG_DONTWAIT);
    if (size > 0) {
      codec_->feed({block, static_cast<size_t>(size)}, ignored_);
    } else if (size == 0) {
      codec_->on_eof();
      if (!done_) {
        fail_with(ErrorCode::Refused, "the connection ended before the response");
      }
    } else if (errno != EAGAIN && errno != EINTR) {
      fail_with(ErrorCode::Refused, std::strerror(errno));
    }
  }

  net::Socket socket_;
  Clock::time_point end_;
  std::unique_ptr<http::ClientCodec> codec_;
  http::StreamId stream_ = 0;
  Buffer out_;
  Buffer ignored_;
  SeenMessage response_;
  std::optional<Error> problem_;
  bool done_ = false;
};

}  // namespace

Result<SeenMessage> exchange(int port, const CaseRequest& request,
                             std::chrono::milliseconds patience) {
  net::Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!socket.valid() ||
      ::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return fail(ErrorCode::Refused,
                "127.0.0.1:" + std::to_string(port) + ": " + std::strerror(errno));
  }
  const int on = 1;
  ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return Exchange(std::move(socket), Clock::now() + patience).run(request);
}

}  // namespace wasmgate::author
