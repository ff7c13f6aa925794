#pragma once
// A worker's snapshot while anyone uses it: counted by hand (one thread), so that beginning and
// ending a stream costs one addition. Also remembers each route's cluster, so that a stream finds
// it without hashing a name.

#include <functional>
#include <memory>
#include <vector>

#include "proxy/upstream/cluster_set.h"
#include "proxy/worker_snapshot.h"

namespace wasmgate::proxy {

class LiveSnapshot {
 public:
  LiveSnapshot(std::shared_ptr<const WorkerSnapshot> snapshot, ClusterSet& clusters)
      : snapshot_(std::move(snapshot)),
        clusters_(clusters),
        by_route_(snapshot_->model->routes.size()) {}

  const WorkerSnapshot& operator*() const { return *snapshot_; }
  const WorkerSnapshot* operator->() const { return snapshot_.get(); }

  /// The cluster of a route; null when the configuration has none of that name. Lifetime: this
  /// snapshot's.
  Cluster* cluster_of(RouteIndex route) {
    ClusterRef& place = by_route_[route];
    if (place.get() == nullptr) {
      if (Cluster* found = clusters_.find(snapshot_->model->routes[route].cluster)) {
        place = ClusterRef(*found);
      }
    }
    return place.get();
  }

 private:
  friend class SnapshotRef;
  std::shared_ptr<const WorkerSnapshot> snapshot_;
  ClusterSet& clusters_;
  std::vector<ClusterRef> by_route_;
  size_t users_ = 0;
};

/// One user of a snapshot. The last one destroys it.
class SnapshotRef {
 public:
  SnapshotRef() = default;
  explicit SnapshotRef(LiveSnapshot* snapshot) : snapshot_(snapshot) {
    if (snapshot_ != nullptr) {
      ++snapshot_->users_;
    }
  }
  SnapshotRef(const SnapshotRef& other) : SnapshotRef(other.snapshot_) {}
  SnapshotRef(SnapshotRef&& other) noexcept : snapshot_(std::exchange(other.snapshot_, nullptr)) {}
  SnapshotRef& operator=(SnapshotRef other) noexcept {
    std::swap(snapshot_, other.snapshot_);
    return *this;
  }
  ~SnapshotRef() {
    if (snapshot_ != nullptr && --snapshot_->users_ == 0) {
      ClusterSet& clusters = snapshot_->clusters_;
      delete snapshot_;
      clusters.collect();
    }
  }

  LiveSnapshot* get() const { return snapshot_; }
  LiveSnapshot* operator->() const { return snapshot_; }
  explicit operator bool() const { return snapshot_ != nullptr; }

  static SnapshotRef make(std::shared_ptr<const WorkerSnapshot> snapshot, ClusterSet& clusters) {
    return SnapshotRef(new LiveSnapshot(std::move(snapshot), clusters));
  }

 private:
  LiveSnapshot* snapshot_ = nullptr;
};

}  // namespace wasmgate::proxy
