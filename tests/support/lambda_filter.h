#pragma once
// Filters written as lambdas, and a log of what was called on them.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "filter/filter.h"

namespace wasmgate::testing {

class LambdaFactory final : public filter::FilterFactory {
 public:
  using Direction = filter::Direction;

  std::function<filter::Verdict(filter::FilterCallbacks&, Direction, http::HeaderMap&, bool)>
      on_headers;
  std::function<filter::Verdict(filter::FilterCallbacks&, Direction, Buffer&, bool)> on_data;
  std::vector<std::string> log;  // "attach", "log", "done", "destroy"
  filter::FilterCallbacks* last = nullptr;

  filter::FilterPtr create_filter(Arena& memory) override {
    return filter::make_filter<Instance>(memory, *this);
  }

 private:
  class Instance final : public filter::Filter {
   public:
    explicit Instance(LambdaFactory& owner) : owner_(owner) {}
    void on_attach(filter::FilterCallbacks& callbacks) override {
      callbacks_ = owner_.last = &callbacks;
      owner_.log.push_back("attach");
    }
    filter::Verdict on_headers(Direction d, http::HeaderMap& headers, bool end) override {
      return owner_.on_headers ? owner_.on_headers(*callbacks_, d, headers, end)
                               : filter::kContinue;
    }
    filter::Verdict on_data(Direction d, Buffer& data, bool end) override {
      return owner_.on_data ? owner_.on_data(*callbacks_, d, data, end) : filter::kContinue;
    }
    filter::Verdict on_trailers(Direction, http::HeaderMap&) override { return filter::kContinue; }
    bool wants_data(Direction) const override { return static_cast<bool>(owner_.on_data); }
    void on_log() override { owner_.log.push_back("log"); }
    void on_done() override { owner_.log.push_back("done"); }
    void on_destroy() override {
      owner_.log.push_back("destroy");
      owner_.last = nullptr;
    }

   private:
    LambdaFactory& owner_;
    filter::FilterCallbacks* callbacks_ = nullptr;
  };
};

}  // namespace wasmgate::testing
