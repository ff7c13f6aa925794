#include "observe/metrics.h"

#include <algorithm>

#include "observe/prometheus.h"

namespace wasmgate {
namespace {

constexpr size_t kMaxBounds = MetricId::kSinkCells - 2;  // one cell for the sum, one for +Inf
constexpr int kNameAttempts = 9;

void append_part(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key += ':';
  key += part;
}

std::string labels_key(const MetricLabels& labels) {
  std::string key;
  for (const auto& [name, value] : labels) {
    append_part(key, name);
    append_part(key, value);
  }
  return key;
}

std::string identity(const MetricDefinition& definition) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(definition.kind)));
  append_part(key, definition.name);
  key += labels_key(definition.labels);
  return key;
}

HistogramShape checked(HistogramShape shape) {
  if (shape.bounds.empty()) {
    return number_shape();
  }
  std::sort(shape.bounds.begin(), shape.bounds.end());
  shape.bounds.erase(std::unique(shape.bounds.begin(), shape.bounds.end()), shape.bounds.end());
  if (shape.bounds.size() > kMaxBounds) {
    shape.bounds.resize(kMaxBounds);
  }
  return shape;
}

bool as_gauge(MetricKind kind) { return kind == MetricKind::UpDown || kind == MetricKind::Gauge; }

// Two kinds may share a family only when they look the same on the page.
bool same_type(MetricKind a, MetricKind b) { return a == b || (as_gauge(a) && as_gauge(b)); }

}  // namespace

namespace detail {

MetricCells::~MetricCells() {
  for (auto& chunk : chunks_) {
    delete[] chunk.load(std::memory_order_relaxed);
  }
}

void MetricCells::grow(uint32_t cells) {
  const uint32_t wanted = (cells + kChunkCells - 1) / kChunkCells;
  for (uint32_t i = 0; i < wanted; ++i) {
    if (chunks_[i].load(std::memory_order_relaxed) == nullptr) {
      chunks_[i].store(new Cell[kChunkCells](), std::memory_order_release);
    }
  }
}

}  // namespace detail

HistogramShape nanosecond_shape() {
  return {{1'000,         2'500,         5'000,         10'000,        25'000,      50'000,
           100'000,       250'000,       500'000,       1'000'000,     2'500'000,   5'000'000,
           10'000'000,    25'000'000,    50'000'000,    100'000'000,   250'000'000, 500'000'000,
           1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000},
          1e-9};
}

HistogramShape number_shape() {
  return {{1, 5, 10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 30'000, 60'000, 300'000,
           600'000, 1'800'000, 3'600'000},
          1};
}

MetricRegistry::MetricRegistry() {
  base_.grow(used_cells_);
  shapes_[0].store(new HistogramShape(number_shape()), std::memory_order_release);
}

MetricRegistry::~MetricRegistry() {
  for (auto& shape : shapes_) {
    delete shape.load(std::memory_order_relaxed);
  }
}

MetricId MetricRegistry::define(const MetricDefinition& definition) {
  const std::lock_guard lock(mutex_);
  std::string key = identity(definition);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    auto& owners = found->second.owners;
    if (std::find(owners.begin(), owners.end(), definition.owner) == owners.end()) {
      owners.push_back(definition.owner);
    }
    return found->second.id;
  }

  MetricId id{0, definition.kind, 0};
  uint32_t cells = 1;
  if (definition.kind == MetricKind::Histogram) {
    id.bounds = shape_index(checked(definition.shape));
    cells =
        static_cast<uint32_t>(shapes_[id.bounds].load(std::memory_order_relaxed)->bounds.size()) +
        2;
  }
  std::string shown = free_name(definition);
  id.cell = shown.empty() ? 0 : allocate(cells);
  if (id.cell == 0) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return id;
  }
  Entry& entry = entries_[std::move(key)];
  entry.definition = definition;
  entry.shown_name = std::move(shown);
  entry.id = id;
  entry.order = next_order_++;
  entry.owners.push_back(definition.owner);
  families_[entry.shown_name][labels_key(definition.labels)] = &entry;
  return id;
}

MetricId MetricRegistry::counter(std::string name, std::string help, MetricLabels labels,
                                 std::string owner) {
  return define({std::move(name),
                 std::move(help),
                 std::move(labels),
                 MetricKind::Counter,
                 {},
                 std::move(owner)});
}
MetricId MetricRegistry::up_down(std::string name, std::string help, MetricLabels labels,
                                 std::string owner) {
  return define({std::move(name),
                 std::move(help),
                 std::move(labels),
                 MetricKind::UpDown,
                 {},
                 std::move(owner)});
}
MetricId MetricRegistry::gauge(std::string name, std::string help, MetricLabels labels,
                               std::string owner) {
  return define({std::move(name),
                 std::move(help),
                 std::move(labels),
                 MetricKind::Gauge,
                 {},
                 std::move(owner)});
}
MetricId MetricRegistry::histogram(std::string name, std::string help, HistogramShape shape,
                                   MetricLabels labels, std::string owner) {
  return define({std::move(name), std::move(help), std::move(labels), MetricKind::Histogram,
                 std::move(shape), std::move(owner)});
}

void MetricRegistry::remove_owner(std::string_view owner) {
  const std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    std::erase(entry.owners, owner);
    if (!entry.owners.empty()) {
      ++it;
      continue;
    }
    const uint32_t cells =
        entry.id.kind == MetricKind::Histogram
            ? static_cast<uint32_t>(shapes_[entry.id.bounds].load()->bounds.size()) + 2
            : 1;
    free_[cells].push_back(entry.id.cell);
    const auto family = families_.find(entry.shown_name);
    family->second.erase(labels_key(entry.definition.labels));
    if (family->second.empty()) {
      families_.erase(family);
    }
    it = entries_.erase(it);
  }
}

void MetricRegistry::add(MetricId id, int64_t delta) {
  base_.at(id.cell).fetch_add(delta, std::memory_order_relaxed);
}

void MetricRegistry::set(MetricId id, int64_t value) {
  if (id.kind == MetricKind::Gauge) {
    base_.at(id.cell).store(value, std::memory_order_relaxed);
  }
}

void MetricRegistry::observe(MetricId id, uint64_t value) {
  if (id.kind != MetricKind::Histogram) {
    return;
  }
  base_.at(id.cell).fetch_add(static_cast<int64_t>(value), std::memory_order_relaxed);
  base_.at(id.cell + 1 + bucket_of(id, value)).fetch_add(1, std::memory_order_relaxed);
}

int64_t MetricRegistry::value(MetricId id) const {
  const std::lock_guard lock(mutex_);
  if (id.is_sink()) {
    return 0;
  }
  if (id.kind != MetricKind::Histogram) {
    return sum(id.cell);
  }
  const size_t buckets = shapes_[id.bounds].load()->bounds.size() + 1;
  int64_t count = 0;
  for (uint32_t i = 0; i < buckets; ++i) {
    count += sum(id.cell + 1 + i);
  }
  return count;
}

std::vector<MetricSample> MetricRegistry::collect() const {
  const std::lock_guard lock(mutex_);
  std::vector<MetricSample> samples;
  samples.reserve(entries_.size());
  for (const auto& [name, series] : families_) {
    std::vector<const Entry*> ordered;
    for (const auto& [labels, entry] : series) {
      ordered.push_back(entry);
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const Entry* a, const Entry* b) { return a->order < b->order; });
    for (const Entry* entry : ordered) {
      samples.push_back(sample(*entry));
    }
  }
  return samples;
}

uint32_t MetricRegistry::bucket_of(MetricId id, uint64_t value) const {
  const auto& bounds = shapes_[id.bounds].load(std::memory_order_acquire)->bounds;
  return static_cast<uint32_t>(std::lower_bound(bounds.begin(), bounds.end(), value) -
                               bounds.begin());
}

uint8_t MetricRegistry::shape_index(const HistogramShape& shape) {
  for (size_t i = 0; i < kMaxShapes; ++i) {
    const HistogramShape* known = shapes_[i].load(std::memory_order_relaxed);
    if (known == nullptr) {
      shapes_[i].store(new HistogramShape(shape), std::memory_order_release);
      return static_cast<uint8_t>(i);
    }
    if (*known == shape) {
      return static_cast<uint8_t>(i);
    }
  }
  return 0;
}

uint32_t MetricRegistry::allocate(uint32_t cells) {
  if (auto& freed = free_[cells]; !freed.empty()) {
    const uint32_t first = freed.back();
    freed.pop_back();
    for (uint32_t i = first; i < first + cells; ++i) {
      base_.at(i).store(0, std::memory_order_relaxed);
      for (auto* shard : shards_) {
        shard->at(i).store(0, std::memory_order_relaxed);
      }
    }
    return first;
  }
  constexpr uint32_t kMaxCells = detail::MetricCells::kChunkCells * detail::MetricCells::kChunks;
  if (kMaxCells - used_cells_ < cells) {
    return 0;
  }
  const uint32_t first = used_cells_;
  used_cells_ += cells;
  base_.grow(used_cells_);
  for (auto* shard : shards_) {
    shard->grow(used_cells_);
  }
  return first;
}

std::string MetricRegistry::free_name(const MetricDefinition& definition) const {
  const std::string name = prometheus_name(definition.name);
  if (!name_taken(name, definition)) {
    return name;
  }
  for (int i = 2; i <= kNameAttempts; ++i) {
    std::string next = name + "_" + std::to_string(i);
    if (!name_taken(next, definition)) {
      return next;
    }
  }
  return {};
}

bool MetricRegistry::name_taken(const std::string& name, const MetricDefinition& definition) const {
  const auto family = families_.find(name);
  if (family != families_.end()) {
    return !same_type(family->second.begin()->second->id.kind, definition.kind) ||
           family->second.contains(labels_key(definition.labels));
  }
  // The series of a histogram carry suffixes of its name; no other family may be called so.
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (definition.kind == MetricKind::Histogram &&
        families_.contains(name + std::string(suffix))) {
      return true;
    }
    if (name.ends_with(suffix)) {
      const auto stem = families_.find(name.substr(0, name.size() - suffix.size()));
      if (stem != families_.end() &&
          stem->second.begin()->second->id.kind == MetricKind::Histogram) {
        return true;
      }
    }
  }
  return false;
}

int64_t MetricRegistry::sum(uint32_t cell) const {
  int64_t total = base_.at(cell).load(std::memory_order_relaxed);
  for (const auto* shard : shards_) {
    total += shard->at(cell).load(std::memory_order_relaxed);
  }
  return total;
}

MetricSample MetricRegistry::sample(const Entry& entry) const {
  MetricSample out;
  out.name = entry.shown_name;
  out.help = entry.definition.help;
  out.labels = entry.definition.labels;
  out.kind = entry.id.kind;
  if (out.kind != MetricKind::Histogram) {
    out.value = sum(entry.id.cell);
    return out;
  }
  out.shape = *shapes_[entry.id.bounds].load();
  out.sum = static_cast<uint64_t>(sum(entry.id.cell));
  for (uint32_t i = 0; i <= out.shape.bounds.size(); ++i) {
    out.buckets.push_back(static_cast<uint64_t>(sum(entry.id.cell + 1 + i)));
  }
  return out;
}

void MetricRegistry::attach(detail::MetricCells* cells) {
  const std::lock_guard lock(mutex_);
  cells->grow(used_cells_);
  shards_.push_back(cells);
}

void MetricRegistry::detach(detail::MetricCells* cells) {
  const std::lock_guard lock(mutex_);
  for (uint32_t i = MetricId::kSinkCells; i < used_cells_; ++i) {
    base_.at(i).fetch_add(cells->at(i).load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
  std::erase(shards_, cells);
}

MetricShard::MetricShard(MetricRegistry& registry) : registry_(registry) {
  registry_.attach(&cells_);
}
MetricShard::~MetricShard() { registry_.detach(&cells_); }

}  // namespace wasmgate
