#pragma once
// AsyncStream over one UpstreamRequest. What the upstream tells is queued and handed on in the next
// turn of the loop, outside of everything that the stream's end could destroy.

#include <deque>
#include <memory>
#include <optional>
#include <variant>

#include "proxy/upstream/async_stream.h"
#include "proxy/upstream/cluster_set.h"
#include "proxy/upstream/upstream_request.h"

namespace wasmgate::proxy {

class HttpAsyncStream final : public AsyncStream, private UpstreamRequestEvents {
 public:
  /// All references outlive it.
  HttpAsyncStream(WorkerContext& context, Cluster& cluster, AsyncStreamRequest request,
                  AsyncStreamEvents& events);
  ~HttpAsyncStream() override { *alive_ = false; }

  void start();
  void send(std::string_view data, bool end_stream) override;

 private:
  struct Head {
    http::HeaderMap headers;
    bool end_stream;
  };
  struct Data {
    std::string bytes;
    bool end_stream;
  };
  struct Trailers {
    http::HeaderMap trailers;
  };
  using Event = std::variant<Head, Data, Trailers, Error>;

  void on_upstream_sending(const Host&, const ClientConnection&) override {}
  void on_upstream_head(http::HeaderMap&& headers, bool end_stream) override;
  void on_upstream_data(std::string_view data, bool end_stream) override;
  void on_upstream_trailers(http::HeaderMap&& trailers) override;
  void on_upstream_failure(UpstreamFailure failure) override;
  void on_upstream_blocked(bool blocked) override;

  void queue(Event event);
  void fail(Error error);
  void run();
  void tell(Event& event);
  void send_held();

  WorkerContext& context_;
  ClusterRef cluster_;
  AsyncStreamRequest sent_;
  AsyncStreamEvents& events_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::deque<Event> queue_;
  Buffer held_;  // the upstream is blocked
  bool blocked_ = false;
  bool end_sent_ = false;  // by the owner
  bool held_end_ = false;
  bool failed_ = false;
  net::MethodHook<HttpAsyncStream, &HttpAsyncStream::run> run_{*this};
  UpstreamRequest request_;
};

}  // namespace wasmgate::proxy
