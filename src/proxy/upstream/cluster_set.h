#pragma once
// All clusters of one worker, by name and alias. A cluster that a new configuration no longer has
// stays until the last snapshot and call that knew it are gone.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/model/model.h"
#include "proxy/upstream/cluster.h"

namespace wasmgate::proxy {

/// Holds a cluster alive. Not thread-safe.
class ClusterRef {
 public:
  ClusterRef() = default;
  explicit ClusterRef(Cluster& cluster) : cluster_(&cluster) { ++cluster.users; }
  ClusterRef(ClusterRef&& other) noexcept : cluster_(std::exchange(other.cluster_, nullptr)) {}
  ClusterRef& operator=(ClusterRef&& other) noexcept {
    if (this != &other) {
      release();
      cluster_ = std::exchange(other.cluster_, nullptr);
    }
    return *this;
  }
  ~ClusterRef() { release(); }

  Cluster* get() const { return cluster_; }

 private:
  void release() {
    if (cluster_ != nullptr) {
      --cluster_->users;
      cluster_ = nullptr;
    }
  }
  Cluster* cluster_ = nullptr;
};

class ClusterSet {
 public:
  explicit ClusterSet(WorkerContext& context) : context_(context) {}

  /// Takes the clusters of a new configuration.
  void update(const config::Model& model);

  /// By name or alias, among those of the newest configuration. Null when there is none.
  Cluster* find(std::string_view name) const;

  /// Destroys clusters that nobody knows any more. Called when a snapshot has died.
  void collect();

  size_t retired() const { return retired_.size(); }

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  WorkerContext& context_;
  std::vector<std::unique_ptr<Cluster>> clusters_;
  std::vector<std::unique_ptr<Cluster>> retired_;
  std::unordered_map<std::string, Cluster*, TextHash, std::equal_to<>> by_name_;
};

}  // namespace wasmgate::proxy
