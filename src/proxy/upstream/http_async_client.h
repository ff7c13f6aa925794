#pragma once
// AsyncClient over the worker's clusters: each call is one UpstreamRequest whose answer is gathered
// whole, up to its limit.

#include "proxy/upstream/async_client.h"
#include "proxy/upstream/cluster_set.h"
#include "proxy/upstream/upstream_request.h"

namespace wasmgate::proxy {

class HttpAsyncClient final : public AsyncClient {
 public:
  /// Both outlive it.
  HttpAsyncClient(WorkerContext& context, ClusterSet& clusters)
      : context_(context), clusters_(clusters) {}

  bool has_cluster(std::string_view cluster) const override {
    return clusters_.find(cluster) != nullptr;
  }
  Result<std::unique_ptr<AsyncCall>> send(AsyncRequest request, Handler handler) override;
  Result<std::unique_ptr<AsyncStream>> open(AsyncStreamRequest request,
                                            AsyncStreamEvents& events) override;
  std::vector<std::pair<std::string, bool>> endpoints(std::string_view cluster) const override;

 private:
  WorkerContext& context_;
  ClusterSet& clusters_;
};

}  // namespace wasmgate::proxy
