#include "server/generation_choice.h"

#include <algorithm>
#include <utility>

namespace wasmgate::server {
namespace {

constexpr uint32_t kWhole = 10'000;  // hundredths of a percent

}  // namespace

uint32_t trial_budget(const wasm::Plugin& plugin, size_t workers) {
  const uint32_t budget = plugin.spec().limits.crash_budget;
  return budget > workers ? budget - static_cast<uint32_t>(workers - 1) : 1;
}

TrialFactory::TrialFactory(std::shared_ptr<wasm::PluginWorker> candidate,
                           std::shared_ptr<wasm::PluginWorker> predecessor, uint32_t budget,
                           std::function<void()> spent)
    : candidate_(std::move(candidate)),
      predecessor_(std::move(predecessor)),
      budget_(budget),
      spent_(std::move(spent)) {}

filter::FilterFactory& TrialFactory::chosen_for(const http::HeaderMap& /*request*/) {
  if (!over_ &&
      candidate_->plugin().crashes().health(candidate_->services().clock().now()).crashes >=
          budget_) {
    over_ = true;
    spent_();
  }
  return !over_ && candidate_->can_take_streams() ? *candidate_ : *predecessor_;
}

filter::FilterPtr TrialFactory::create_filter(Arena& memory) {
  return predecessor_->create_filter(memory);
}

CanaryFactory::CanaryFactory(std::shared_ptr<wasm::PluginWorker> canary,
                             std::shared_ptr<filter::FilterFactory> main, config::Canary rule,
                             uint32_t seed)
    : canary_(std::move(canary)), main_(std::move(main)), rule_(std::move(rule)), random_(seed) {}

bool meets_canary(const config::Canary& rule, const http::HeaderMap& request, uint32_t draw) {
  if (draw < rule.share) {
    return true;
  }
  return !rule.header.empty() &&
         std::any_of(request.fields().begin(), request.fields().end(),
                     [&](const http::HeaderField& field) {
                       return field.name == rule.header &&
                              (!rule.header_value || field.value == *rule.header_value);
                     });
}

filter::FilterFactory& CanaryFactory::chosen_for(const http::HeaderMap& request) {
  const uint32_t draw = std::uniform_int_distribution<uint32_t>(0, kWhole - 1)(random_);
  if (canary_->can_take_streams() && meets_canary(rule_, request, draw)) {
    return *canary_;
  }
  return main_ != nullptr ? main_->chosen_for(request) : *this;
}

filter::FilterPtr CanaryFactory::create_filter(Arena& memory) {
  return main_ != nullptr ? main_->create_filter(memory) : nullptr;
}

}  // namespace wasmgate::server
