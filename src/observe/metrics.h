#pragma once
// Counters, gauges and histograms of the whole process. A metric is defined once by name and labels
// in the registry, which gives a small id; each thread that counts has a shard of cells of its own
// and writes it without locks; reading adds them up.
//
//   MetricId requests = registry.counter("wasmgate_requests_total", "Requests received.",
//   {{"route", "default/foo"}}); MetricShard shard(registry);   // one per worker thread, lives as
//   long as the worker shard.add(requests);           // hot path: one load and one store, relaxed
//
// Text for Prometheus is made by render_prometheus (prometheus.h).

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wasmgate {

class MetricRegistry;

/// Counter: only grows, per shard. UpDown: a gauge that is only moved by add(), per shard (things
/// in flight). Gauge: set() or add(), one shared cell. Histogram: observe(), per shard.
enum class MetricKind : uint8_t { Counter, UpDown, Gauge, Histogram };

/// A handle. Cheap to copy. Lifetime: until every owner of the metric was removed.
struct MetricId {
  uint32_t cell = 0;  // 0: the sink, counted nowhere
  MetricKind kind = MetricKind::Counter;
  uint8_t bounds = 0;

  bool is_sink() const { return cell < kSinkCells; }
  friend bool operator==(const MetricId&, const MetricId&) = default;
  static constexpr uint32_t kSinkCells = 32;
};

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// Upper bounds of a histogram's buckets in the unit of the observed integers, ascending, at most
/// 30; `scale` turns that unit into the one shown (1e-9: observed in nanoseconds, shown in
/// seconds).
struct HistogramShape {
  std::vector<uint64_t> bounds;
  double scale = 1;
  friend bool operator==(const HistogramShape&, const HistogramShape&) = default;
};

/// Buckets for times observed in nanoseconds and shown in seconds: 1 µs to 10 s.
HistogramShape nanosecond_shape();
/// Buckets for plain numbers of unknown unit, as Envoy's defaults: 1 to 3,600,000.
HistogramShape number_shape();

struct MetricDefinition {
  std::string name;  // any bytes; made a valid Prometheus name ("a.b" → "a_b")
  std::string help;
  MetricLabels labels;
  MetricKind kind = MetricKind::Counter;
  HistogramShape shape;  // histograms only; empty: number_shape()
  std::string owner;     // who can be removed as one, for example a plug-in's resource name; empty:
                         // the gateway itself
};

/// What one metric held at one moment.
struct MetricSample {
  std::string name;  // valid Prometheus name
  std::string help;
  MetricLabels labels;
  MetricKind kind = MetricKind::Counter;
  int64_t value = 0;              // not for histograms
  std::vector<uint64_t> buckets;  // histograms: per bucket, not cumulative; the last is +Inf
  uint64_t sum = 0;
  HistogramShape shape;
};

namespace detail {

/// A growing array of cells that never move. Growing: under the registry's lock. Reading and
/// writing a grown cell: any thread.
class MetricCells {
 public:
  static constexpr uint32_t kChunkCells = 256;
  static constexpr uint32_t kChunks = 2048;
  using Cell = std::atomic<int64_t>;

  MetricCells() = default;
  ~MetricCells();
  MetricCells(const MetricCells&) = delete;
  MetricCells& operator=(const MetricCells&) = delete;

  Cell& at(uint32_t cell) const {
    return chunks_[cell / kChunkCells].load(std::memory_order_acquire)[cell % kChunkCells];
  }
  void grow(uint32_t cells);

 private:
  std::array<std::atomic<Cell*>, kChunks> chunks_{};
};

}  // namespace detail

/// Defines, removes and sums metrics. Thread: any, all methods.
class MetricRegistry {
 public:
  MetricRegistry();
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  /// The id of the metric with this name and labels; made if new. The same name, labels and kind
  /// give the same id (and value). When another kind, or another spelling that makes the same
  /// Prometheus name, holds the name, "_2" … "_9" is appended. When the registry is full (half a
  /// million cells) the id is a sink: usable, counted nowhere, see dropped_definitions().
  MetricId define(const MetricDefinition& definition);

  MetricId counter(std::string name, std::string help, MetricLabels labels = {},
                   std::string owner = {});
  MetricId up_down(std::string name, std::string help, MetricLabels labels = {},
                   std::string owner = {});
  MetricId gauge(std::string name, std::string help, MetricLabels labels = {},
                 std::string owner = {});
  MetricId histogram(std::string name, std::string help, HistogramShape shape,
                     MetricLabels labels = {}, std::string owner = {});

  /// Forgets the metrics that only `owner` defined; their cells are used again. The owner must not
  /// use its ids any more.
  void remove_owner(std::string_view owner);

  /// Adds from a thread without a shard (one atomic addition). Counters, up-downs and gauges.
  void add(MetricId id, int64_t delta = 1);
  /// Sets a gauge; other kinds are left alone.
  void set(MetricId id, int64_t value);
  /// Observes from a thread without a shard.
  void observe(MetricId id, uint64_t value);

  /// The sum over all shards (a histogram: the number of observations).
  int64_t value(MetricId id) const;

  /// All metrics, sorted by name, then by order of definition.
  std::vector<MetricSample> collect() const;

  uint64_t dropped_definitions() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  friend class MetricShard;

  struct Entry {
    MetricDefinition definition;
    std::string shown_name;
    MetricId id;
    uint64_t order = 0;
    std::vector<std::string> owners;
  };

  static constexpr size_t kMaxShapes = 64;

  uint32_t bucket_of(MetricId id, uint64_t value) const;
  uint8_t shape_index(const HistogramShape& shape);
  uint32_t allocate(uint32_t cells);
  std::string free_name(const MetricDefinition& definition) const;
  bool name_taken(const std::string& name, const MetricDefinition& definition) const;
  int64_t sum(uint32_t cell) const;
  MetricSample sample(const Entry& entry) const;
  void attach(detail::MetricCells* cells);
  void detach(detail::MetricCells* cells);

  mutable std::mutex mutex_;
  detail::MetricCells base_;  // gauges, threads without a shard, and what closed shards left
  std::vector<detail::MetricCells*> shards_;
  std::map<std::string, Entry> entries_;  // by raw name, labels and kind
  std::map<std::string, std::map<std::string, const Entry*>>
      families_;                                    // shown name → labels → entry
  std::map<uint32_t, std::vector<uint32_t>> free_;  // number of cells → first cells
  std::array<std::atomic<const HistogramShape*>, kMaxShapes> shapes_{};
  uint32_t used_cells_ = MetricId::kSinkCells;
  uint64_t next_order_ = 0;
  std::atomic<uint64_t> dropped_{0};
};

/// The cells of one thread. Closing it keeps what it counted. Thread: its owner's (it may be handed
/// over between uses).
class MetricShard {
 public:
  /// `registry` outlives the shard.
  explicit MetricShard(MetricRegistry& registry);
  ~MetricShard();
  MetricShard(const MetricShard&) = delete;
  MetricShard& operator=(const MetricShard&) = delete;

  void add(MetricId id, int64_t delta = 1) {
    if (id.kind == MetricKind::Gauge) {
      registry_.add(id, delta);
    } else {
      bump(id.cell, delta);
    }
  }

  void set(MetricId id, int64_t value) { registry_.set(id, value); }

  void observe(MetricId id, uint64_t value) {
    bump(id.cell, static_cast<int64_t>(value));
    bump(id.cell + 1 + registry_.bucket_of(id, value), 1);
  }

  MetricRegistry& registry() { return registry_; }

 private:
  // One writer per shard, so that no locked instruction is needed.
  void bump(uint32_t cell, int64_t delta) {
    auto& at = cells_.at(cell);
    at.store(at.load(std::memory_order_relaxed) + delta, std::memory_order_relaxed);
  }

  MetricRegistry& registry_;
  detail::MetricCells cells_;
};

}  // namespace wasmgate
