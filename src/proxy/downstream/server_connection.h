#pragma once
// One client connection: a transport, a server codec, and the streams in progress on it. It watches
// the client: the head must come within its time, an idle connection is closed, a body must come at
// a minimum rate, and a client that takes no output is cut off.
//
//   Open ──▶ Flushing (nothing more is read; the last bytes leave) ──▶ Lingering (≤ 1 s, ≤ 64 KiB
//   are read and dropped) ──▶ Closed

#include <memory>
#include <string>
#include <vector>

#include "http/codec/server_codec.h"
#include "net/transport.h"
#include "proxy/downstream/server_stream.h"

namespace wasmgate::proxy {

class ServerConnection;

class ServerConnectionOwner {
 public:
  virtual ~ServerConnectionOwner() = default;
  /// The newest snapshot; empty before the first.
  virtual const SnapshotRef& snapshot() = 0;
  virtual StreamStore& streams() = 0;
  /// A message that never became a request was answered: one line of the access log.
  virtual void log_refusal(const filter::StreamInfo& info, const http::HeaderMap& response) = 0;
  /// The connection is closed. The owner hands it to delete_later.
  virtual void on_closed(ServerConnection& connection) = 0;
};

class ServerConnection final : public net::Deletable,
                               private net::TransportEvents,
                               private http::ServerCodecEvents,
                               private StreamConnection {
 public:
  /// `context` and `owner` outlive it.
  ServerConnection(WorkerContext& context, ServerConnectionOwner& owner,
                   std::unique_ptr<net::Transport> transport);

  /// Ends with the responses in progress; at once when there are none.
  void drain();
  /// Ends now; streams in progress are abandoned.
  void close(std::string_view details);

  const net::Address& remote_address() const override { return transport_->remote_address(); }

  size_t owner_index = 0;  // the owner's business

 private:
  enum class State : uint8_t { Open, Flushing, Lingering, Closed };

  // net::TransportEvents
  void on_connected() override {}
  size_t on_data(std::string_view bytes) override;
  void on_end_of_input() override;
  void on_output_progress(size_t sent, size_t pending) override;
  void on_closed(net::CloseReason reason) override;

  // http::ServerCodecEvents
  void on_request_head(http::StreamId stream, http::HeaderMap&& headers,
                       const http::RequestFacts& facts) override;
  void on_request_data(http::StreamId stream, std::string_view data) override;
  void on_request_trailers(http::StreamId stream, http::HeaderMap&& trailers) override;
  void on_request_end(http::StreamId stream) override;
  void on_stream_reset(http::StreamId stream) override;
  void on_refusal(http::StreamId stream, const http::Refusal& refusal) override;

  // StreamConnection
  void write_head(http::StreamId stream, const http::HeaderMap& headers, bool end_stream) override;
  void write_data(http::StreamId stream, std::string_view data, bool end_stream) override;
  void write_trailers(http::StreamId stream, const http::HeaderMap& trailers) override;
  void write_continue(http::StreamId stream) override;
  void pause(http::StreamId stream) override;
  void resume(http::StreamId stream) override;
  void reset(http::StreamId stream, bool must_break) override;
  void on_stream_ended(http::StreamId stream) override;
  bool send_blocked() const override { return send_blocked_; }
  uint64_t id() const override { return id_; }
  const net::Address& local_address() const override { return transport_->local_address(); }
  std::string_view local_text() const override { return local_text_; }
  std::string_view remote_text() const override { return remote_text_; }

  ServerStream* find(http::StreamId stream);
  void answer_refusal(const filter::LocalReply& reply);
  void answer_head_timeout();
  void log_unborn(const filter::LocalReply& reply, const http::HeaderMap& head);
  void after_progress();
  void flush();
  void check_watermark();
  void close_after_flush();
  void linger();
  void on_wait_timeout();
  void watch_body_rate();
  void on_rate_check();

  WorkerContext& context_;
  ServerConnectionOwner& owner_;
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<http::ServerCodec> codec_;
  std::vector<std::unique_ptr<ServerStream>> streams_;
  uint64_t id_;
  std::string local_text_;
  std::string remote_text_;

  net::Timer wait_timer_;    // a head that does not come, an idle connection, lingering
  net::Timer stall_timer_;   // output that does not leave
  net::Timer rate_timer_;    // a body that comes too slowly
  uint64_t body_bytes_ = 0;  // since the last rate check
  size_t lingered_bytes_ = 0;
  State state_ = State::Open;
  bool head_timer_on_ = false;
  bool feeding_ = false;
  bool abort_at_close_ = false;
  bool input_ended_ = false;
  bool send_blocked_ = false;
};

}  // namespace wasmgate::proxy
