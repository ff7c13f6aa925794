// Stores things and shows what is left of them: shared data, a queue, a counter, the ticks of its
// timer.
//
// /keep/put stores, /keep/get answers with everything, byte for byte; any other request is counted
// in shared data and goes on. Its keys and names are those that the hostile modules use
// (tests/e2e/hostile_modules.py), in its own namespace.

#include <cstring>
#include <string>
#include <string_view>

#include "proxy_wasm_intrinsics.h"

namespace {

constexpr uint32_t kKeys = 200;
constexpr uint32_t kItems = 20;

std::string key(uint32_t number) {
  std::string out = "key-----";
  std::memcpy(out.data() + 4, &number, sizeof(number));
  return out;
}

std::string value(uint32_t number) {
  std::string out;
  uint32_t state = number + 1;
  for (uint32_t i = 0; i < 64 + number * 4; ++i) {
    state = state * 1664525 + 1013904223;
    out.push_back(static_cast<char>(state >> 24));
  }
  return out;
}

}  // namespace

class KeeperRoot : public RootContext {
 public:
  explicit KeeperRoot(uint32_t id, std::string_view root_id) : RootContext(id, root_id) {}

  bool onConfigure(size_t) override {
    std::string name = "queue---";
    std::memset(name.data() + 4, 0, 4);
    CHECK_RESULT(registerSharedQueue(name, &queue));
    CHECK_RESULT(defineMetric(MetricType::Counter, "keeper_requests", &counter));
    CHECK_RESULT(proxy_set_tick_period_milliseconds(20));
    return true;
  }
  void onTick() override { ++ticks; }

  uint32_t queue = 0;
  uint32_t counter = 0;
  uint64_t ticks = 0;
};

class KeeperContext : public Context {
 public:
  explicit KeeperContext(uint32_t id, RootContext* root) : Context(id, root) {}
  FilterHeadersStatus onRequestHeaders(uint32_t headers, bool end_of_stream) override;

 private:
  void put();
  void get();
  void count();
  KeeperRoot* keeper() { return dynamic_cast<KeeperRoot*>(root()); }
};

static RegisterContextFactory register_KeeperContext(CONTEXT_FACTORY(KeeperContext),
                                                     ROOT_FACTORY(KeeperRoot));

FilterHeadersStatus KeeperContext::onRequestHeaders(uint32_t, bool) {
  const std::string path = getRequestHeader(":path")->toString();
  if (path == "/keep/put") {
    put();
    return FilterHeadersStatus::StopIteration;
  }
  if (path == "/keep/get") {
    get();
    return FilterHeadersStatus::StopIteration;
  }
  count();
  return FilterHeadersStatus::Continue;
}

void KeeperContext::put() {
  for (uint32_t i = 0; i < kKeys; ++i) {
    CHECK_RESULT(setSharedData(key(i), value(i)));
  }
  for (uint32_t i = 0; i < kItems; ++i) {
    CHECK_RESULT(enqueueSharedQueue(keeper()->queue, value(i)));
  }
  CHECK_RESULT(incrementMetric(keeper()->counter, 1000));
  sendLocalResponse(200, "", "kept", {});
}

void KeeperContext::get() {
  std::string all;
  for (uint32_t i = 0; i < kKeys; ++i) {
    WasmDataPtr kept;
    const auto status = getSharedData(key(i), &kept);
    all += status == WasmResult::Ok ? kept->toString() : std::string("<") + toString(status) + ">";
  }
  for (uint32_t i = 0; i < kItems; ++i) {  // each item goes to the end again
    WasmDataPtr item;
    const auto status = dequeueSharedQueue(keeper()->queue, &item);
    all += status == WasmResult::Ok ? item->toString() : std::string("<") + toString(status) + ">";
    enqueueSharedQueue(keeper()->queue, item->view());
  }
  uint64_t counted = 0;
  CHECK_RESULT(getMetric(keeper()->counter, &counted));
  sendLocalResponse(
      200, "", all,
      {{"x-counter", std::to_string(counted)}, {"x-ticks", std::to_string(keeper()->ticks)}});
}

void KeeperContext::count() {
  WasmDataPtr last;
  uint32_t version = 0;
  uint64_t number = 0;
  if (getSharedData("requests", &last, &version) == WasmResult::Ok &&
      last->size() == sizeof(number)) {
    std::memcpy(&number, last->data(), sizeof(number));
  }
  ++number;
  setSharedData("requests",
                std::string_view(reinterpret_cast<const char*>(&number), sizeof(number)), version);
  addRequestHeader("x-number", std::to_string(number));
}
