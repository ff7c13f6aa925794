#include "wasm/host/plugin_code.h"

#include <algorithm>

#include "fmt/format.h"
#include "wasm/abi/module_reader.h"
#include "wasm/host/vm.h"
#include "wasm/hostcalls/hostcall_table.h"

namespace wasmgate::wasm {
namespace {

std::string join(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) {
    out.append(out.empty() ? "" : "; ").append(line);
  }
  return out;
}

PluginFailure refused(const PluginSpec& spec, std::string_view why) {
  return {FailureCause::Start, fmt::format("plug-in {} cannot be loaded: {}", spec.resource, why)};
}

/// The host functions that the module imports, each with the type it imports (D2) and the plug-in's
/// rights.
std::vector<HostFunction> functions_for(const ModuleReport& report, const PluginSpec& spec) {
  std::vector<HostFunction> out;
  for (const auto& import : report.imports) {
    const HostcallEntry* entry = find_hostcall(import.module, import.name, import.type);
    const bool listed = std::any_of(out.begin(), out.end(), [&](const HostFunction& known) {
      return known.module == import.module && known.name == entry->name;
    });
    if (listed) {
      continue;  // a module may import a function twice
    }
    const bool allowed = spec.capabilities.empty() || spec.capabilities.contains(import.name);
    HostFunction function;
    function.module = import.module;
    function.name = entry->name;
    function.type = entry->type;
    function.callback = entry->callback;
    function.flags = allowed ? entry->modes : 0;
    function.index = static_cast<uint32_t>(out.size());
    out.push_back(std::move(function));
  }
  return out;
}

}  // namespace

bool LogQuota::admit(MonotonicTime now) {
  const int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (second_.load(std::memory_order_relaxed) != second) {
    second_.store(second, std::memory_order_relaxed);
    lines_.store(0, std::memory_order_relaxed);
  }
  return lines_.fetch_add(1, std::memory_order_relaxed) < limit_;
}

PluginCode::PluginCode(PluginSpec s, const ProcessServices& p, ModuleReport r)
    : spec(std::move(s)),
      process(p),
      report(std::move(r)),
      version(report.version.value_or(AbiVersion::V0_2_1)),
      metrics(PluginMetrics::define(process.metrics, spec.resource, spec.canary)),
      log_quota(spec.limits.log_lines_per_second) {
  process.stores.enter(spec.shared_namespace());
  shared_data_ = process.stores.data(spec.shared_namespace());
}

PluginCode::~PluginCode() { process.stores.leave(spec.shared_namespace()); }

tl::expected<std::shared_ptr<PluginCode>, PluginFailure> PluginCode::make(
    std::shared_ptr<const Module> module, std::string_view bytes, PluginSpec spec,
    const ProcessServices& process) {
  auto report = inspect_module(bytes, {.memory_limit_bytes = spec.limits.memory_limit_bytes,
                                       .table_elements = spec.limits.table_elements});
  if (!report.loadable()) {
    return tl::unexpected(refused(spec, join(report.problems)));
  }
  std::shared_ptr<PluginCode> code(new PluginCode(std::move(spec), process, std::move(report)));
  for (const auto& warning : code->report.warnings) {
    code->log(LogLevel::Warn, warning);
  }
  code->functions_ = functions_for(code->report, code->spec);
  code->module_ = std::move(module);
  auto linked = code->module_->link(code->functions_);
  if (!linked) {
    return tl::unexpected(refused(code->spec, linked.error().detail));
  }
  code->linked_ = std::move(*linked);
  return code;
}

void PluginCode::log(LogLevel level, std::string_view line) const {
  process.logger.log(level, "plug-in {}{}: {}", spec.resource, spec.canary ? " (canary)" : "",
                     line);
}

}  // namespace wasmgate::wasm
