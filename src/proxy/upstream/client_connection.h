#pragma once
// One connection to an endpoint: a transport, a client codec, and the requests in progress on it
// (one for HTTP/1, many for HTTP/2). It belongs to its endpoint's pool, and goes back there only
// when its codec says that nothing of an old message is left: bytes after a response's end are
// refused by the codec and close the connection, they are never the next response.

#include <memory>
#include <string>
#include <vector>

#include "http/codec/client_codec.h"
#include "net/transport.h"
#include "proxy/upstream/stream_failure.h"
#include "proxy/worker_context.h"

namespace wasmgate::proxy {

class ClientConnection;

/// Who sent a request: hears of its response. Exactly one of on_response_end (perhaps by end_stream
/// or trailers) and on_failure comes last, unless the request is reset first.
class ClientStreamEvents {
 public:
  virtual ~ClientStreamEvents() = default;
  virtual void on_response_head(http::HeaderMap&& headers, bool end_stream) = 0;
  virtual void on_response_data(std::string_view data) = 0;
  virtual void on_response_trailers(http::HeaderMap&& trailers) = 0;
  virtual void on_response_end() = 0;
  virtual void on_failure(UpstreamFailure failure) = 0;
  /// What waits to be sent for this request went above (true) or below (false) its watermark.
  virtual void on_send_blocked(bool blocked) = 0;
};

/// What a pool wants to know of its connections.
class ClientConnectionOwner {
 public:
  virtual ~ClientConnectionOwner() = default;
  virtual void on_connected(ClientConnection& connection) = 0;
  /// It can carry another request.
  virtual void on_available(ClientConnection& connection) = 0;
  /// It is of no more use. The owner hands it to delete_later.
  virtual void on_closed(ClientConnection& connection, bool was_connected,
                         UpstreamFailure reason) = 0;
};

class ClientConnection final : public net::Deletable,
                               private net::TransportEvents,
                               private http::ClientCodecEvents {
 public:
  /// Starts connecting. All references outlive the connection.
  ClientConnection(WorkerContext& context, ClientConnectionOwner& owner,
                   const net::Address& address, bool http2);

  /// Starts a request. Returns its id, 0 when the codec cannot take it.
  http::StreamId start(ClientStreamEvents& events, const http::HeaderMap& headers, bool end_stream);
  void send_data(http::StreamId stream, std::string_view data, bool end_stream);
  void send_trailers(http::StreamId stream, const http::HeaderMap& trailers);
  /// Abandons a request: nothing of it is told any more.
  void reset(http::StreamId stream);
  void pause(http::StreamId stream);
  void resume(http::StreamId stream);

  /// True while on_send_blocked(true) stands.
  bool blocked(http::StreamId stream);
  bool connected() const { return connected_; }
  /// True when another request may start now.
  bool available() const;
  size_t active() const { return streams_.size(); }
  /// How many requests it has carried, this one included.
  uint64_t requests() const { return requests_; }
  /// Closes it now, or after the last request in progress.
  void drain();
  /// Closes it now; requests in progress are told.
  void close(UpstreamFailure reason);

  std::string_view local_address() const { return local_text_; }

  // The pool's business.
  size_t pool_index = 0;
  bool pool_available = false;

 private:
  struct Stream {
    http::StreamId id;
    ClientStreamEvents* events;
    bool request_done;
    bool window_blocked = false;  // HTTP/2: much waits for the peer's window
    bool blocked = false;
  };

  // net::TransportEvents
  void on_connected() override;
  size_t on_data(std::string_view bytes) override;
  void on_end_of_input() override;
  void on_output_progress(size_t sent, size_t pending) override;
  void on_closed(net::CloseReason reason) override;

  // http::ClientCodecEvents
  void on_interim(http::StreamId, http::HeaderMap&&) override {}
  void on_response_head(http::StreamId stream, http::HeaderMap&& headers, bool end_stream) override;
  void on_response_data(http::StreamId stream, std::string_view data) override;
  void on_response_trailers(http::StreamId stream, http::HeaderMap&& trailers) override;
  void on_response_end(http::StreamId stream) override;
  void on_stream_reset(http::StreamId stream) override;
  void on_refusal(http::StreamId stream, const http::Refusal& refusal) override;

  Stream* find(http::StreamId stream);
  ClientStreamEvents* remove(http::StreamId stream);
  void fail_stream(http::StreamId stream, UpstreamFailure failure);
  void after_input();
  void flush();
  void check_watermark();
  void update_blocked(Stream& stream);
  void close_lost();

  WorkerContext& context_;
  ClientConnectionOwner& owner_;
  std::unique_ptr<http::ClientCodec> codec_;
  std::unique_ptr<net::Transport> transport_;
  std::vector<Stream> streams_;
  net::Timer idle_timer_;
  net::MethodHook<ClientConnection, &ClientConnection::close_lost> lost_hook_{*this};
  std::string local_text_;
  uint64_t requests_ = 0;
  bool http2_;
  bool connected_ = false;
  bool closed_ = false;
  bool draining_ = false;
  bool unusable_ = false;  // no further request; closes when the last one ends
  bool lost_ = false;      // the codec has given the connection up
  bool feeding_ = false;
  bool freed_ = false;  // a request ended: perhaps available again
  bool at_eof_ = false;
  bool paused_ = false;
  bool send_blocked_ = false;
};

}  // namespace wasmgate::proxy
