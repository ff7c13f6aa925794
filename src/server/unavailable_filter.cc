#include "server/unavailable_filter.h"

namespace wasmgate::server {
namespace {

class UnavailableFilter final : public filter::Filter {
 public:
  void on_attach(filter::FilterCallbacks& callbacks) override { callbacks_ = &callbacks; }
  filter::Verdict on_headers(filter::Direction direction, http::HeaderMap&, bool) override {
    if (direction == filter::Direction::Response) {
      return filter::kContinue;
    }
    callbacks_->send_local_reply(filter::reply_for(filter::FailureKind::PluginUnavailable));
    return filter::kStopBuffer;
  }
  filter::Verdict on_data(filter::Direction, Buffer&, bool) override { return filter::kContinue; }
  filter::Verdict on_trailers(filter::Direction, http::HeaderMap&) override {
    return filter::kContinue;
  }
  bool wants_data(filter::Direction) const override { return false; }
  void on_log() override {}
  void on_done() override {}
  void on_destroy() override {}

 private:
  filter::FilterCallbacks* callbacks_ = nullptr;
};

}  // namespace

filter::FilterPtr UnavailableFactory::create_filter(Arena& memory) {
  return filter::make_filter<UnavailableFilter>(memory);
}

}  // namespace wasmgate::server
