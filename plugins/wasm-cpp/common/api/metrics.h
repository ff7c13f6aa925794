// Counters, gauges and histograms, with tags whose values are part of the metric's name.
//
// A metric with tags becomes one host metric per combination of values, named
// "tag.value.tag.value.name". The host's ids are kept, so each combination is defined once per VM.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "api/log.h"
#include "proxy_wasm_externs.h"

inline WasmResult defineMetric(MetricType type, std::string_view name, uint32_t* id) {
  return proxy_define_metric(type, name.data(), name.size(), id);
}
inline WasmResult incrementMetric(uint32_t id, int64_t offset) {
  return proxy_increment_metric(id, offset);
}
inline WasmResult recordMetric(uint32_t id, uint64_t value) {
  return proxy_record_metric(id, value);
}
inline WasmResult getMetric(uint32_t id, uint64_t* value) { return proxy_get_metric(id, value); }

/// One tag of a metric.
struct MetricTag {
  enum class TagType : uint32_t { String = 0, Int = 1, Bool = 2 };
  std::string name;
  TagType tagType;
};

/// A metric whose tags are given as values at each use.
class Metric {
 public:
  Metric(MetricType type, std::string_view name) : Metric(type, name, {}) {}
  Metric(MetricType type, std::string_view name, std::vector<MetricTag> tags,
         std::string_view field_separator = ".", std::string_view value_separator = ".")
      : type_(type),
        name_(name),
        tags_(std::move(tags)),
        field_separator_(field_separator),
        value_separator_(value_separator) {}
  Metric(MetricType type, std::string_view name, std::initializer_list<MetricTag> tags,
         std::string_view field_separator = ".", std::string_view value_separator = ".")
      : Metric(type, name, std::vector<MetricTag>(tags), field_separator, value_separator) {}

  /// The host's id of this metric with these tag values (texts, integers or booleans).
  template <typename... Values>
  uint32_t resolve(Values... values) {
    const std::string full = fullName(values...);
    const auto known = ids_.find(full);
    if (known != ids_.end()) {
      return known->second;
    }
    uint32_t id = 0;
    CHECK_RESULT(defineMetric(type_, full, &id));
    return ids_[full] = id;
  }

  template <typename... Values>
  void increment(int64_t offset, Values... values) {
    incrementMetric(resolve(values...), offset);
  }
  template <typename... Values>
  void record(uint64_t value, Values... values) {
    recordMetric(resolve(values...), value);
  }
  template <typename... Values>
  uint64_t get(Values... values) {
    uint64_t value = 0;
    CHECK_RESULT(getMetric(resolve(values...), &value));
    return value;
  }

  /// A metric with the first tags fixed to these values.
  template <typename... Values>
  Metric partiallyResolve(Values... values) const {
    Metric rest(type_, name_, {tags_.begin() + sizeof...(values), tags_.end()}, field_separator_,
                value_separator_);
    rest.prefix_ = prefix_ + tagText(values...);
    return rest;
  }
  /// A metric of this name with other tags after these values.
  template <typename... Values>
  Metric extend(std::vector<MetricTag> tags, Values... values) const {
    Metric longer(type_, name_, std::move(tags), field_separator_, value_separator_);
    longer.prefix_ = prefix_ + tagText(values...);
    return longer;
  }

 private:
  static std::string text(std::string_view value) { return std::string(value); }
  static std::string text(const std::string& value) { return value; }
  static std::string text(const char* value) { return value; }
  static std::string text(bool value) { return value ? "true" : "false"; }
  template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
  static std::string text(T value) {
    return std::to_string(value);
  }

  template <typename... Values>
  std::string tagText(Values... values) const {
    std::string result;
    size_t index = 0;
    [[maybe_unused]] const auto add = [&](const std::string& value) {
      if (index < tags_.size()) {
        result += tags_[index].name + value_separator_ + value + field_separator_;
      }
      ++index;
    };
    (add(text(values)), ...);
    return result;
  }
  template <typename... Values>
  std::string fullName(Values... values) const {
    return prefix_ + tagText(values...) + name_;
  }

  MetricType type_;
  std::string prefix_;
  std::string name_;
  std::vector<MetricTag> tags_;
  std::string field_separator_;
  std::string value_separator_;
  std::unordered_map<std::string, uint32_t> ids_;
};

/// A metric with all tag values chosen.
class SimpleMetric {
 public:
  explicit SimpleMetric(uint32_t id) : metric_id(id) {}
  uint64_t get() const {
    uint64_t value = 0;
    CHECK_RESULT(getMetric(metric_id, &value));
    return value;
  }
  uint32_t metric_id;
};

class SimpleCounter : public SimpleMetric {
 public:
  using SimpleMetric::SimpleMetric;
  void increment(int64_t offset) { incrementMetric(metric_id, offset); }
  void record(uint64_t value) { recordMetric(metric_id, value); }
  void operator++() { increment(1); }
  void operator++(int) { increment(1); }
};

class SimpleGauge : public SimpleMetric {
 public:
  using SimpleMetric::SimpleMetric;
  void record(uint64_t value) { recordMetric(metric_id, value); }
  void increment(int64_t offset) { incrementMetric(metric_id, offset); }
};

class SimpleHistogram : public SimpleMetric {
 public:
  using SimpleMetric::SimpleMetric;
  void record(uint64_t value) { recordMetric(metric_id, value); }
};

/// Name of one tag of a typed metric; converts from a text.
template <typename T>
struct MetricTagDescriptor {
  MetricTagDescriptor(std::string_view tag_name) : name(tag_name) {}
  MetricTagDescriptor(const char* tag_name) : name(tag_name) {}
  using type = T;
  std::string name;
};

/// How a tag's value is given: texts as views.
template <typename T>
using MetricTagValue = std::conditional_t<std::is_same_v<T, std::string>, std::string_view, T>;

/// A metric whose tags have types: `Counter<std::string, int>` and so on.
template <typename Simple, MetricType kType, typename... Tags>
class TypedMetric {
 public:
  TypedMetric(std::string_view name, MetricTagDescriptor<Tags>... tags)
      : metric_(kType, name, std::vector<MetricTag>{tag(tags)...}) {}

  explicit TypedMetric(Metric metric) : metric_(std::move(metric)) {}

  Simple resolve(MetricTagValue<Tags>... values) { return Simple(metric_.resolve(values...)); }
  uint64_t get(MetricTagValue<Tags>... values) { return metric_.get(values...); }
  void record(uint64_t value, MetricTagValue<Tags>... values) { metric_.record(value, values...); }

 protected:
  template <typename T>
  static MetricTag tag(const MetricTagDescriptor<T>& descriptor) {
    if constexpr (std::is_same_v<T, bool>) {
      return {descriptor.name, MetricTag::TagType::Bool};
    } else if constexpr (std::is_integral_v<T>) {
      return {descriptor.name, MetricTag::TagType::Int};
    } else {
      return {descriptor.name, MetricTag::TagType::String};
    }
  }

  Metric metric_;
};

// What the three kinds have in common. `extendAndResolve`: a metric of the same name that fixes
// these tags and adds others; the caller owns it, as with New.
#define WASMGATE_METRIC_KIND(Kind, Simple)                                           \
 public:                                                                             \
  using TypedMetric<Simple, MetricType::Kind, Tags...>::TypedMetric;                 \
  static Kind* New(std::string_view name, MetricTagDescriptor<Tags>... tags) {       \
    return new Kind(name, tags...);                                                  \
  }                                                                                  \
  template <typename... More>                                                        \
  Kind<More...>* extendAndResolve(MetricTagValue<Tags>... values,                    \
                                  MetricTagDescriptor<More>... more) {               \
    return new Kind<More...>(this->metric_.extend({this->tag(more)...}, values...)); \
  }

template <typename... Tags>
class Counter : public TypedMetric<SimpleCounter, MetricType::Counter, Tags...> {
  WASMGATE_METRIC_KIND(Counter, SimpleCounter)
  void increment(int64_t offset, MetricTagValue<Tags>... values) {
    this->metric_.increment(offset, values...);
  }
};

template <typename... Tags>
class Gauge : public TypedMetric<SimpleGauge, MetricType::Gauge, Tags...> {
  WASMGATE_METRIC_KIND(Gauge, SimpleGauge)
  void increment(int64_t offset, MetricTagValue<Tags>... values) {
    this->metric_.increment(offset, values...);
  }
};

template <typename... Tags>
class Histogram : public TypedMetric<SimpleHistogram, MetricType::Histogram, Tags...> {
  WASMGATE_METRIC_KIND(Histogram, SimpleHistogram)
};
#undef WASMGATE_METRIC_KIND
