#include "config/read/plugin_settings.h"

#include <algorithm>
#include <array>
#include <functional>
#include <variant>

#include "config/read/metadata.h"
#include "config/read/nearest.h"
#include "config/read/read_canary.h"
#include "config/read/units.h"

namespace wasmgate::config {
namespace {

using Limits = PluginLimits;

constexpr uint64_t kMaxSetting = 1'000'000'000;
constexpr uint64_t kDayMilliseconds = 86'400'000;

// Where a setting's value goes; the type says how it is written.
using Size = size_t Limits::*;
using Small = uint32_t Limits::*;
using Time = milliseconds Limits::*;
using Flag = bool Limits::*;

struct Setting {
  std::string_view name;
  std::variant<Size, Small, Time, Flag> member;
  bool bytes = false;  // sizes take units; counts do not
  uint64_t min = 0;
  uint64_t max = 0;
};

const std::array<Setting, 30>& table() {
  static constexpr uint64_t kMaxMemory = 512 * kMi;
  static const std::array<Setting, 30> settings{{
      {"memory-limit", &Limits::memory_limit_bytes, true, 65'536, kMaxMemory},
      {"table-elements", &Limits::table_elements, false, 1, 10'000'000},
      {"call-deadline", &Limits::call_deadline, false, 1, 60'000},
      {"start-deadline", &Limits::start_deadline, false, 1, 600'000},
      {"request-deadline", &Limits::request_deadline, false, 1, 600'000},
      {"pause-limit", &Limits::pause_limit, false, 1, kDayMilliseconds},
      {"min-tick", &Limits::min_tick, false, 1, kDayMilliseconds},
      {"module-size", &Limits::module_bytes, true, 8, kGi},
      {"log-lines-per-second", &Limits::log_lines_per_second, false, 0, kMaxSetting},
      {"log-line-bytes", &Limits::log_line_bytes, true, 64, 16 * kMi},
      {"shared-data-keys", &Limits::shared_data_keys, false, 0, kMaxSetting},
      {"shared-data-bytes", &Limits::shared_data_bytes, true, 0, kGi},
      {"queue-count", &Limits::queue_count, false, 0, kMaxSetting},
      {"queue-items", &Limits::queue_items, false, 0, kMaxSetting},
      {"queue-bytes", &Limits::queue_bytes, true, 0, kGi},
      {"metric-count", &Limits::metric_count, false, 0, 100'000},
      {"callouts-per-stream", &Limits::callouts_per_stream, false, 0, kMaxSetting},
      {"callouts", &Limits::callouts, false, 0, kMaxSetting},
      {"callout-response-bytes", &Limits::callout_response_bytes, true, 0, kGi},
      {"crash-budget", &Limits::crash_budget, false, 1, 1'000'000},
      {"crash-window", &Limits::crash_window, false, 1, kDayMilliseconds},
      {"backoff-min", &Limits::backoff_min, false, 1, kDayMilliseconds},
      {"backoff-max", &Limits::backoff_max, false, 1, kDayMilliseconds},
      {"recycle-memory-percent", &Limits::recycle_memory_percent, false, 1, 100},
      {"recycle-age", &Limits::recycle_age, false, 0, 365 * kDayMilliseconds},
      {"auto-rollback", &Limits::auto_rollback},
      {"rollback-window", &Limits::rollback_window, false, 1'000, kDayMilliseconds},
      {"allow-on-headers-stop-iteration", &Limits::allow_on_headers_stop_iteration},
      {"first-header-value-only", &Limits::first_header_value_only},
      {"final-body-callback-before-trailers", &Limits::final_body_callback_before_trailers},
  }};
  return settings;
}

constexpr std::array<std::pair<std::string_view, FailCause>, 7> kCauses{
    {{"unavailable", FailCause::Unavailable},
     {"start", FailCause::Start},
     {"configure", FailCause::Configure},
     {"trap", FailCause::Trap},
     {"deadline", FailCause::Deadline},
     {"memory", FailCause::Memory},
     {"quarantine", FailCause::Quarantine}}};

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::string range_text(const Setting& s) {
  const auto unit = std::holds_alternative<Time>(s.member) ? "ms" : "";
  return std::to_string(s.min) + unit + " to " + std::to_string(s.max) + unit +
         (s.bytes ? " bytes" : "");
}

std::string kind_text(const Setting& s) {
  if (std::holds_alternative<Flag>(s.member)) {
    return "boolean";
  }
  return std::holds_alternative<Time>(s.member) ? "duration" : s.bytes ? "size" : "count";
}

// Stores `text` into the setting's member. Returns false when it does not fit.
bool store(const Setting& s, const std::string& text, Limits& limits) {
  const auto fits = [&](uint64_t value) { return value >= s.min && value <= s.max; };
  const auto count = [&]() -> std::optional<uint64_t> {
    const auto value = parse_integer(text);
    return s.bytes                ? parse_bytes(text)
           : value && *value >= 0 ? std::optional<uint64_t>(static_cast<uint64_t>(*value))
                                  : std::nullopt;
  };
  return std::visit(Overloaded{[&](Flag member) {
                                 limits.*member = text == "true";
                                 return text == "true" || text == "false";
                               },
                               [&](Time member) {
                                 const auto value = parse_duration(text);
                                 if (!value || !fits(static_cast<uint64_t>(value->count()))) {
                                   return false;
                                 }
                                 limits.*member = *value;
                                 return true;
                               },
                               [&](Size member) {
                                 const auto value = count();
                                 if (!value || !fits(*value)) {
                                   return false;
                                 }
                                 limits.*member = *value;
                                 return true;
                               },
                               [&](Small member) {
                                 const auto value = count();
                                 if (!value || !fits(*value)) {
                                   return false;
                                 }
                                 limits.*member = static_cast<uint32_t>(*value);
                                 return true;
                               }},
                    s.member);
}

std::string expected_text(const Setting& s) {
  const std::string kind = kind_text(s);
  return kind == "boolean" ? "true or false" : kind + " from " + range_text(s);
}

std::set<std::string> split_list(std::string_view text) {
  std::set<std::string> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    while (part.starts_with(' ')) {
      part.remove_prefix(1);
    }
    while (part.ends_with(' ')) {
      part.remove_suffix(1);
    }
    if (!part.empty()) {
      out.emplace(part);
    }
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

bool takes_list(std::string_view name) {
  return name == "capabilities" || name == "callout-clusters";
}

std::optional<FailCause> fail_cause(std::string_view name) {
  constexpr std::string_view kPrefix = "fail-on-";
  for (const auto& [word, cause] : kCauses) {
    if (name.starts_with(kPrefix) && name.substr(kPrefix.size()) == word) {
      return cause;
    }
  }
  return std::nullopt;
}

std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (const Setting& s : table()) {
    names.emplace_back(s.name);
  }
  names.insert(names.end(), {"capabilities", "callout-clusters"});
  for (const auto& [word, cause] : kCauses) {
    names.push_back("fail-on-" + std::string(word));
  }
  return names;
}

struct Target {
  Limits& limits;
  std::map<FailCause, FailStrategy>& fail_on;
  std::set<std::string>& capabilities;
  std::set<std::string>& callout_clusters;
};

// Applies one setting. Returns what was expected when the value does not fit; nothing when all is
// well. `known` tells whether there is such a setting.
std::optional<std::string> apply(std::string_view name, const std::string& text, Target out,
                                 bool& known) {
  known = true;
  if (takes_list(name)) {
    (name == "capabilities" ? out.capabilities : out.callout_clusters) = split_list(text);
    return text.find_first_not_of(", ") == std::string::npos
               ? std::optional<std::string>("a list of names")
               : std::nullopt;
  }
  if (const auto cause = fail_cause(name)) {
    if (text != "open" && text != "close") {
      return "open or close";
    }
    out.fail_on[*cause] = text == "open" ? FailStrategy::Open : FailStrategy::Close;
    return std::nullopt;
  }
  const auto* found = std::find_if(table().begin(), table().end(),
                                   [&](const Setting& s) { return s.name == name; });
  if (found == table().end()) {
    known = false;
    return std::nullopt;
  }
  return store(*found, text, out.limits) ? std::nullopt
                                         : std::optional<std::string>(expected_text(*found));
}

void check_together(const Limits& limits, const Place& at, Diagnostics& out) {
  if (limits.backoff_min > limits.backoff_max) {
    out.error(at, "bad-range", "backoff-min is greater than backoff-max");
  }
}

void report_value(const Place& at, const std::string& expected, const std::string& found,
                  Diagnostics& out) {
  Diagnostic d;
  d.rule = "wrong-type";
  d.location = at.location;
  d.end_line = at.end_line;
  d.end_column = at.end_column;
  d.path = at.path;
  d.expected = expected;
  d.found = found;
  out.add(std::move(d));
}

// A list may be written as an array in pluginDefaults.
std::optional<std::string> default_text(const Node& node) {
  if (!node.is(NodeKind::Sequence)) {
    return scalar_text(node);
  }
  std::string joined;
  for (const NodePtr& item : node.items) {
    if (!item->is(NodeKind::String) || item->text.find(',') != std::string::npos) {
      return std::nullopt;
    }
    joined += (joined.empty() ? "" : ",") + item->text;
  }
  return joined;
}

}  // namespace

std::string_view to_string(FailCause cause) {
  return std::find_if(kCauses.begin(), kCauses.end(),
                      [&](const auto& c) { return c.second == cause; })
      ->first;
}

void read_plugin_defaults(ObjectReader& defaults, PluginSettings& out) {
  if (!defaults.present()) {
    return;
  }
  const std::vector<std::string> names = setting_names();
  for (const Entry& entry : defaults.node()->entries) {
    const std::string path = defaults.path_of(entry.key);
    const Place at = place_of(defaults.context().file, *entry.value, path);
    const auto text = default_text(*entry.value);
    bool known = true;
    const bool list = entry.value->is(NodeKind::Sequence);
    const auto expected =
        apply(entry.key, text.value_or(""),
              {out.limits, out.fail_on, out.capabilities, out.callout_clusters}, known);
    if (!known) {
      defaults.context().out.error(place_of(defaults.context().file, entry.key_span, path),
                                   "unknown-field", "unknown plug-in setting",
                                   nearest(entry.key, names));
    } else if (expected || !text || (list && !takes_list(entry.key))) {
      report_value(at, expected.value_or("a single value"), describe(*entry.value),
                   defaults.context().out);
    }
  }
  check_together(out.limits, defaults.place(), defaults.context().out);
}

void read_plugin_annotations(const Metadata& metadata, Plugin& plugin, ReadContext& context) {
  std::vector<std::string> names = setting_names();
  names.insert(names.end(),
               {"required", "vm-configuration", "canary-url", "canary-percent", "canary-header"});
  for (const Annotation& annotation : metadata.annotations) {
    if (!annotation.key.starts_with(kOwnPrefix)) {
      continue;
    }
    const std::string name = annotation.key.substr(kOwnPrefix.size());
    if (name == "vm-configuration") {
      plugin.vm_configuration = annotation.value;
      continue;
    }
    if (is_canary_annotation(name)) {
      continue;  // read_canary()
    }
    bool known = true;
    std::optional<std::string> expected;
    if (name == "required") {
      plugin.required = annotation.value == "true";
      expected = plugin.required || annotation.value == "false"
                     ? std::nullopt
                     : std::optional<std::string>("true or false");
    } else {
      expected = apply(
          name, annotation.value,
          {plugin.limits, plugin.fail_on, plugin.capabilities, plugin.callout_clusters}, known);
    }
    if (!known) {
      const std::string near = nearest(name, names);
      context.out.error(annotation.place, "unknown-annotation", "unknown annotation",
                        near.empty() ? "" : std::string(kOwnPrefix) + near);
    } else if (expected) {
      report_value(annotation.place, *expected, "string \"" + annotation.value + "\"", context.out);
    }
  }
  const bool own = std::any_of(metadata.annotations.begin(), metadata.annotations.end(),
                               [](const Annotation& a) { return a.key.starts_with(kOwnPrefix); });
  if (own) {
    check_together(plugin.limits, metadata.place, context.out);
  }
}

std::vector<SettingInfo> plugin_setting_table() {
  const Limits defaults;
  std::vector<SettingInfo> out;
  for (const Setting& s : table()) {
    const std::string value =
        std::visit(Overloaded{[&](Flag m) { return std::string(defaults.*m ? "true" : "false"); },
                              [&](Time m) { return std::to_string((defaults.*m).count()) + "ms"; },
                              [&](auto m) { return std::to_string(defaults.*m); }},
                   s.member);
    out.push_back(
        {std::string(s.name), kind_text(s), value, kind_text(s) == "boolean" ? "" : range_text(s)});
  }
  out.push_back({"capabilities", "list", "all", ""});
  out.push_back({"callout-clusters", "list", "all", ""});
  for (const auto& [word, cause] : kCauses) {
    out.push_back({"fail-on-" + std::string(word), "policy", "failStrategy", "open, close"});
  }
  return out;
}

}  // namespace wasmgate::config
