#pragma once
// Stands in a chain where two generations of one plug-in run beside each other, and says once per
// stream which of them it meets: a canary beside the main one, or a new one on trial before its
// predecessor.

#include <cstdint>
#include <functional>
#include <memory>
#include <random>

#include "config/model/plugin.h"
#include "filter/filter.h"
#include "wasm/host/plugin_worker.h"

namespace wasmgate::server {

/// After how many crashes (within its crash window) a generation on trial is not called again: so
/// few that calls in progress on the other workers end within the crash budget.
uint32_t trial_budget(const wasm::Plugin& plugin, size_t workers);

/// A new generation takes every stream while it can, else its predecessor does.
class TrialFactory final : public filter::FilterFactory {
 public:
  /// `budget`: of crashes. `spent`: called when they are over, once.
  TrialFactory(std::shared_ptr<wasm::PluginWorker> candidate,
               std::shared_ptr<wasm::PluginWorker> predecessor, uint32_t budget,
               std::function<void()> spent);

  filter::FilterFactory& chosen_for(const http::HeaderMap& request) override;
  filter::FilterPtr create_filter(Arena& memory) override;

 private:
  std::shared_ptr<wasm::PluginWorker> candidate_;
  std::shared_ptr<wasm::PluginWorker> predecessor_;
  uint32_t budget_;
  std::function<void()> spent_;
  bool over_ = false;
};

/// A canary takes its share of the streams, and those with its header, while it can.
class CanaryFactory final : public filter::FilterFactory {
 public:
  /// `main`: null when streams pass without the plug-in. `seed`: for the share; any number.
  CanaryFactory(std::shared_ptr<wasm::PluginWorker> canary,
                std::shared_ptr<filter::FilterFactory> main, config::Canary rule, uint32_t seed);

  filter::FilterFactory& chosen_for(const http::HeaderMap& request) override;
  /// The main generation's.
  filter::FilterPtr create_filter(Arena& memory) override;

 private:
  std::shared_ptr<wasm::PluginWorker> canary_;
  std::shared_ptr<filter::FilterFactory> main_;
  config::Canary rule_;
  std::minstd_rand random_;
};

/// Whether a request with these headers meets the canary. `draw`: a number below 10,000, the same
/// chance each.
bool meets_canary(const config::Canary& rule, const http::HeaderMap& request, uint32_t draw);

}  // namespace wasmgate::server
