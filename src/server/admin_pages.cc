#include "server/admin_pages.h"

#include "admin/admin.h"
#include "server/state_folder.h"

namespace wasmgate::server {
namespace {

// No trap, exceeded limit or quarantine within the plug-in's window.
admin::Condition healthy(wasm::Plugin* plugin, const std::string& reason_when_missing,
                         bool fails_open, MonotonicTime now) {
  if (plugin == nullptr) {
    return {"Healthy", false, reason_when_missing.empty() ? "NotRunning" : reason_when_missing,
            "nothing of it runs"};
  }
  const wasm::CrashBudget::Health health = plugin->crashes().health(now);
  if (health.crashes == 0 && !health.quarantined) {
    return {"Healthy", true, "", ""};
  }
  const char* reason = health.quarantined && fails_open               ? "FailOpenActive"
                       : health.cause == wasm::FailureCause::Deadline ? "DeadlineExceeded"
                       : health.cause == wasm::FailureCause::Memory   ? "MemoryExceeded"
                                                                      : "Trapping";
  return {"Healthy", false, reason,
          std::to_string(health.crashes) + " failures within " +
              std::to_string(plugin->spec().limits.crash_window.count() / 1000) + " s" +
              (health.quarantined ? "; in quarantine" : "")};
}

admin::CanaryState canary_state(const CanaryStatus& from, MonotonicTime now) {
  admin::CanaryState out{from.url,     from.digest, from.share / 100.0, from.header,
                         from.serving, from.reason, from.message};
  if (from.serving) {
    const auto plugin = from.running.lock();
    admin::Condition condition = healthy(plugin.get(), "", false, now);
    out.reason = std::move(condition.reason);
    out.message = std::move(condition.message);
  }
  return out;
}

// What the admin room asks of the daemon. Lives for one request.
class DaemonSource final : public admin::AdminSource {
 public:
  explicit DaemonSource(const AdminState& state) : state_(state) {}

  std::string version() const override { return kVersion; }
  bool draining() const override { return state_.draining; }
  std::vector<admin::ReadinessCheck> readiness() const override {
    std::vector<admin::ReadinessCheck> out{
        {"configuration", state_.ready, state_.ready ? "" : "no generation serves yet"}};
    // A plug-in that does not run concerns its own routes only: it is named, and the gateway stays
    // ready for the others.
    for (const PluginStatus& plugin : state_.published.statuses) {
      out.push_back({"plugin " + plugin.resource, true,
                     plugin.programmed ? "" : plugin.reason + ": " + plugin.message});
    }
    return out;
  }
  const MetricRegistry& metrics() const override { return state_.metrics; }
  std::shared_ptr<const config::Model> model() const override { return state_.published.model; }
  uint64_t generation() const override { return state_.published.number; }
  std::string refused() const override { return state_.refused; }
  std::vector<admin::PluginState> plugins() const override {
    std::vector<admin::PluginState> out;
    for (const PluginStatus& from : state_.published.statuses) {
      const auto condition = [&](const char* type, bool holds) {
        return admin::Condition{type, holds, holds ? "" : from.reason, holds ? "" : from.message};
      };
      out.push_back(
          {from.resource,
           from.url,
           from.digest,
           from.abi,
           from.serving_older,
           {condition("Accepted", from.accepted), condition("ResolvedRefs", from.resolved),
            condition("Programmed", from.programmed),
            healthy(from.running.lock().get(), from.reason, from.fails_open, state_.clock.now())},
           from.phase,
           from.priority == INT32_MIN ? std::nullopt : std::optional(from.priority),
           from.on_trial_before,
           from.canary ? std::optional(canary_state(*from.canary, state_.clock.now()))
                       : std::nullopt});
    }
    return out;
  }

 private:
  const AdminState& state_;
};

}  // namespace

SmallReply admin_page(const AdminState& state, const http::HeaderMap& headers) {
  const DaemonSource source(state);
  admin::AdminResponse answer = admin::answer(
      {headers.get(http::kMethod).value_or(""), headers.get(http::kPath).value_or(""),
       headers.get(http::kAuthority).value_or(""), headers.get("origin").value_or("")},
      source);
  return {answer.status, std::move(answer.body), std::move(answer.headers)};
}

std::string status_text(const AdminState& state) {
  return admin::status_document(DaemonSource(state));
}

}  // namespace wasmgate::server
