#pragma once
// One request and its response. Owns the filter chain and the router at its end; keeps the snapshot
// of its beginning; joins the chain's two ends with the client's connection and the upstream.
// Objects are used again for later requests (StreamStore).
//
//   begin ──▶ request parts in, response parts out ──▶ ended (response complete, client gone,
//   reset)
//                                                        └─ at the end of the turn: log, metrics,
//                                                        chain finished, object free

#include <memory>
#include <optional>
#include <vector>

#include "filter/filter_chain.h"
#include "proxy/live_snapshot.h"
#include "proxy/router_filter.h"

namespace wasmgate::proxy {

/// What a stream needs of its client's connection.
class StreamConnection {
 public:
  virtual ~StreamConnection() = default;

  virtual void write_head(http::StreamId stream, const http::HeaderMap& headers,
                          bool end_stream) = 0;
  virtual void write_data(http::StreamId stream, std::string_view data, bool end_stream) = 0;
  virtual void write_trailers(http::StreamId stream, const http::HeaderMap& trailers) = 0;
  virtual void write_continue(http::StreamId stream) = 0;
  virtual void pause(http::StreamId stream) = 0;
  virtual void resume(http::StreamId stream) = 0;
  /// The stream ends without a (whole) response. `must_break`: the client could take what it has
  /// for the whole; it must see a reset.
  virtual void reset(http::StreamId stream, bool must_break) = 0;
  /// The stream has ended: the connection hands it to the store.
  virtual void on_stream_ended(http::StreamId stream) = 0;
  /// True when output is above its watermark: the stream begins with its response paused.
  virtual bool send_blocked() const = 0;

  virtual uint64_t id() const = 0;
  virtual const net::Address& local_address() const = 0;
  virtual const net::Address& remote_address() const = 0;
  virtual std::string_view local_text() const = 0;
  virtual std::string_view remote_text() const = 0;
};

class ServerStream final : private filter::ChainEnds, private RouterOwner {
 public:
  ServerStream(WorkerContext& context, AccessLog* access_log);
  ~ServerStream() override;

  /// Starts with a head. `connection` outlives the stream or calls abandon_connection().
  void begin(StreamConnection& connection, http::StreamId id, SnapshotRef snapshot,
             http::HeaderMap&& headers, const http::RequestFacts& facts);
  void on_data(std::string_view data);
  void on_trailers(http::HeaderMap&& trailers);
  void on_end();
  /// The message broke a rule after its head: answered by `refusal`, if nothing has been answered.
  void on_refusal(const http::Refusal& refusal);
  /// The request's body comes too slowly.
  void on_body_too_slow();
  /// The client is gone, or cut off: everything is abandoned.
  void on_client_gone(std::string_view details);
  /// The connection's output went above or below its watermark.
  void on_send_blocked(bool blocked);

  bool ended() const { return ended_; }
  bool request_complete() const { return request_complete_; }
  bool request_paused() const { return request_pauses_ > 0; }
  uint64_t request_body_bytes() const { return info_.request_body_bytes; }
  http::StreamId id() const { return id_; }

  /// Writes the log, ends the chain, forgets everything. Only after the end, from the store.
  void finalize();

 private:
  // filter::ChainEnds
  void request_headers(http::HeaderMap& headers, bool end_stream) override;
  void request_data(Buffer& data, bool end_stream) override;
  void request_trailers(http::HeaderMap& trailers) override;
  void response_headers(http::HeaderMap& headers, bool end_stream) override;
  void response_data(Buffer& data, bool end_stream) override;
  void response_trailers(http::HeaderMap& trailers) override;
  void local_reply_started() override { router_.abandon(); }
  void reset(std::string_view details) override;
  void pause_source(filter::Direction direction) override;
  void resume_source(filter::Direction direction) override;
  void clear_route_cache() override { route_known_ = false; }
  void refresh_route() override;

  // RouterOwner
  filter::FilterChain& chain() override { return *chain_; }
  filter::StreamInfo& info() override { return info_; }
  void on_response_cut(std::string_view details) override;
  void pause_request() override;
  void resume_request() override;

  void fill_info(const http::RequestFacts& facts);
  void take_request_id(http::HeaderMap& headers);
  void choose_route(const http::HeaderMap& headers);
  bool refuse_bad_request_head(http::HeaderMap& headers);
  bool replace_bad_response_head(const http::HeaderMap& headers);
  void pause_response();
  void resume_response();
  void touch() { idle_timer_.arm(context_.settings.timeouts.idle_stream); }
  void on_idle();
  void end();

  WorkerContext& context_;
  AccessLog* access_log_;
  RouterFilter router_;
  net::Timer idle_timer_;

  StreamConnection* connection_ = nullptr;
  http::StreamId id_ = 0;
  SnapshotRef snapshot_;
  Arena memory_;  // of the chain and its filters
  std::optional<filter::FilterChain> chain_;
  filter::StreamInfo info_;
  http::HeaderMap request_map_;  // empty between begin and the end; its memory is used again
  Buffer piece_;
  Cluster* cluster_ = nullptr;
  RouteIndex route_ = kNoRoute;
  uint64_t request_left_ = UINT64_MAX;  // of the announced length
  uint32_t request_pauses_ = 0;
  uint32_t response_pauses_ = 0;
  bool route_known_ = false;
  bool checks_heads_ = false;  // plug-ins may have edited them
  bool request_complete_ = false;
  bool end_fed_ = false;  // the request's end has been given to the chain
  bool head_written_ = false;
  bool response_complete_ = false;
  bool response_replaced_ =
      false;  // answered in place of a bad response: the rest of it is dropped
  bool send_blocked_ = false;
  bool ended_ = false;
};

/// Makes, keeps and ends the streams of one worker.
class StreamStore {
 public:
  StreamStore(WorkerContext& context, AccessLog* access_log)
      : context_(context), access_log_(access_log) {}
  ~StreamStore() { finalize_ended(); }

  std::unique_ptr<ServerStream> take();
  /// Takes a stream that has ended; it is finalized at the end of the turn.
  void give_back(std::unique_ptr<ServerStream> stream);
  void finalize_ended();

  size_t active() const { return active_; }

 private:
  static constexpr size_t kKeep = 1024;

  WorkerContext& context_;
  AccessLog* access_log_;
  std::vector<std::unique_ptr<ServerStream>> ended_;
  std::vector<std::unique_ptr<ServerStream>> finalizing_;
  std::vector<std::unique_ptr<ServerStream>> free_;
  net::MethodHook<StreamStore, &StreamStore::finalize_ended> hook_{*this};
  size_t active_ = 0;
};

}  // namespace wasmgate::proxy
