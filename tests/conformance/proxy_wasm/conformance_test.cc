// Runs every case of the plug-in ABI's suite on the real host. One flow serves all cases: start,
// tick, one stream with answers to its calls out, its end. The guest makes its calls in the phases
// that its program names and leaves statuses, outputs and the order of callbacks in its memory
// (addresses: suite.py).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "nlohmann/json.hpp"
#include "wasm/host/host_test_support.h"

namespace wasmgate::wasm {
namespace {

using filter::Direction;
using nlohmann::json;
using testing::TestPlugin;
using testing::TestStream;

constexpr uint32_t kStatuses = 0x8000;
constexpr uint32_t kEvents = 0xA000;
constexpr uint32_t kEventsEnd = 0xB000;
constexpr uint32_t kNotCalled = 0xFFFFFFFF;

std::string read_file(const std::string& name) {
  std::ifstream in(std::string(ABI_CASES) + "/" + name, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

const json& suite() {
  static const json kSuite = json::parse(read_file("cases.json"));
  return kSuite;
}

struct Guest {
  std::string bytes;
  std::shared_ptr<const Module> module;
};

/// `maker`: "driver" (written as text), "cpp" or "rust".
const Guest& guest_of(const std::string& maker, const std::string& abi) {
  static std::map<std::string, Guest> guests;
  Guest& guest = guests[maker + "_" + abi];
  if (guest.module == nullptr) {
    guest.bytes = read_file(maker + "_" + abi + ".wasm");
    guest.module = testing::test_engine().compile(guest.bytes).value_or(nullptr);
  }
  return guest;
}

std::string word(const filter::Verdict& verdict) {
  static const std::vector<std::pair<filter::Verdict, std::string>> kWords{
      {filter::kContinue, "continue"},
      {filter::kStopShowLater, "hold"},
      {filter::kStopBuffer, "stop, buffer"},
      {filter::kStopWatermark, "stop, watermark"},
      {filter::kHoldWatermark, "hold, watermark"},
      {filter::kDropPart, "drop"}};
  for (const auto& [known, text] : kWords) {
    if (known == verdict) {
      return text;
    }
  }
  return "?";
}

PluginSpec spec_of(const json& item, PluginSpec spec) {
  spec.configuration = "\"" + item["program"].get<std::string>() + "\"";
  spec.vm_configuration = item["program"].get<std::string>();
  spec.environment = {{"NAME", "value"}};
  spec.limits.allow_on_headers_stop_iteration = item.value("allow_stop", false);
  spec.limits.call_deadline = std::chrono::milliseconds(2000);
  return spec;
}

/// One plug-in and one stream, taken through everything that can happen to them.
class Trial {
 public:
  explicit Trial(const json& item, const std::string& maker = "driver", PluginSpec spec = {})
      : plugin(guest_of(maker, item["abi"]).module, guest_of(maker, item["abi"]).bytes,
               spec_of(item, std::move(spec))) {
    plugin.logger.set_level(LogLevel::Trace);
    started = plugin.start();
    if (started) {
      flow();
    }
  }

  bool broken() { return plugin.worker->vm() == nullptr || plugin.vm().broken(); }

  TestPlugin plugin;
  bool started = false;
  std::map<std::string, std::string> verdicts;
  std::map<std::string, std::string> request;   // as the upstream would get it
  std::map<std::string, std::string> response;  // as the client would get it
  std::string body;
  std::vector<std::string> actions;

 private:
  void flow() {
    plugin.services.advance(std::chrono::milliseconds(12));
    stream = std::make_unique<TestStream>(plugin);
    if (stream->filter == nullptr) {
      return;
    }
    verdicts["request_headers"] = word(stream->request_headers());
    plugin.services.run_deferred();
    answer_calls();
    verdicts["request_body"] = word(stream->request_body("request body", false));
    body = stream->body();
    stream->stream.request_trailers.add("x-rt", "a");
    verdicts["request_trailers"] =
        word(stream->filter->on_trailers(Direction::Request, stream->stream.request_trailers));
    keep(stream->stream.request, request);
    stream->stream.request_left = true;
    stream->stream.request_body = nullptr;
    respond();
    stream->end();
    actions = stream->stream.actions;
  }

  void respond() {
    auto& s = stream->stream;
    verdicts["response_headers"] = word(stream->response_headers());
    keep(s.response, response);
    s.response_left = true;
    Buffer bytes("response body");
    s.response_body = &bytes;
    verdicts["response_body"] = word(stream->filter->on_data(Direction::Response, bytes, false));
    s.response_body = nullptr;
    s.response_trailers.add("x-st", "b");
    verdicts["response_trailers"] =
        word(stream->filter->on_trailers(Direction::Response, s.response_trailers));
  }

  void answer_calls() {
    auto& services = plugin.services;
    const size_t calls = services.calls.size();
    const size_t grpcs = services.grpcs.size();
    const size_t queries = services.redis.size();
    for (size_t i = 0; i < calls && !broken() && !services.calls[i]->cancelled; ++i) {
      http::HeaderMap headers;
      headers.add(":status", "200");
      headers.add("x-answer", "1");
      http::HeaderMap trailers;
      trailers.add("x-trailer", "1");
      services.calls[i]->events->on_http_response(headers, "answer", &trailers);
    }
    for (size_t i = 0; i < grpcs && !broken(); ++i) {
      answer_grpc(i);
    }
    for (size_t i = 0; i < queries && !broken(); ++i) {
      services.redis[i].events->on_redis_reply("+PONG\r\n");
    }
  }

  void answer_grpc(size_t index) {
    const auto call = plugin.services.grpcs[index];
    const auto over = [&] {
      return broken() || (!call->actions.empty() && call->actions.back() == "gone");
    };
    http::HeaderMap initial;
    initial.add("x-initial", "1");
    http::HeaderMap trailing;
    trailing.add("x-trailing", "1");
    if (!over()) {
      call->events->on_initial_metadata(initial);
    }
    if (!over()) {
      call->events->on_message("message");
    }
    if (!over()) {
      call->events->on_trailing_metadata(trailing);
    }
    if (!over()) {
      call->events->on_close(0, "");
    }
  }

  static void keep(const http::HeaderMap& from, std::map<std::string, std::string>& to) {
    for (const auto& field : from.fields()) {
      auto& value = to[std::string(field.name)];
      value += (value.empty() ? "" : ",") + std::string(field.value);
    }
  }

  std::unique_ptr<TestStream> stream;
};

std::string unhex(const std::string& text) {
  std::string out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return out;
}

void check_out(Trial& run, const json& wanted) {
  const auto memory = run.plugin.vm().memory();
  if (wanted.contains("bytes")) {
    const auto bytes =
        memory.read(*memory.read_u32(wanted["pointer"]), *memory.read_u32(wanted["size"]));
    EXPECT_EQ(bytes.value_or("<bad pointer>"), unhex(wanted["bytes"]));
    return;
  }
  const uint64_t number =
      wanted["width"] == 8 ? *memory.read_u64(wanted["at"]) : *memory.read_u32(wanted["at"]);
  EXPECT_EQ(number, wanted["number"].get<uint64_t>());
}

void check_fields(const json& wanted, const std::map<std::string, std::string>& seen) {
  for (const auto& [name, value] : wanted.items()) {
    if (value.is_null()) {
      EXPECT_FALSE(seen.contains(name)) << name;
    } else {
      EXPECT_EQ(seen.contains(name) ? seen.at(name) : "<absent>", value.get<std::string>()) << name;
    }
  }
}

void check_call(Trial& run, const json& item) {
  if (item["status"] == "trap") {
    EXPECT_TRUE(!run.started || run.broken()) << "the call should have ended the guest's turn";
    return;
  }
  ASSERT_TRUE(run.started) << run.plugin.load_error << run.plugin.failure.message;
  ASSERT_FALSE(run.broken()) << run.plugin.logger.text();
  const uint32_t status = run.plugin.u32(kStatuses + 4 * item["call"].get<uint32_t>());
  EXPECT_EQ(status == kNotCalled ? std::string("not called") : std::to_string(status),
            std::to_string(item["status"].get<uint32_t>()));
  for (const auto& wanted : item.value("out", json::array())) {
    check_out(run, wanted);
  }
  check_fields(item.value("request_headers", json::object()), run.request);
  check_fields(item.value("response_headers", json::object()), run.response);
  if (item.contains("request_body")) {
    EXPECT_EQ(run.body, item["request_body"].get<std::string>());
  }
  if (item.contains("log")) {
    EXPECT_THAT(run.plugin.logger.text(), ::testing::HasSubstr(item["log"].get<std::string>()));
  }
  if (item.contains("actions")) {
    EXPECT_EQ(run.actions, item["actions"].get<std::vector<std::string>>());
  }
}

/// The callbacks that came: phase, then arguments.
std::vector<std::vector<int64_t>> events_of(Trial& run) {
  std::vector<std::vector<int64_t>> out;
  const auto memory = run.plugin.vm().memory();
  uint32_t at = kEvents;
  while (at < kEventsEnd) {
    const uint32_t phase = *memory.read_u32(at);
    const uint32_t count = *memory.read_u32(at + 4);
    if (phase == 0 && count == 0) {
      break;
    }
    std::vector<int64_t> event{phase};
    for (uint32_t i = 0; i < count; ++i) {
      event.push_back(*memory.read_u32(at + 8 + 4 * i));
    }
    out.push_back(event);
    at += 8 + 4 * count;
  }
  return out;
}

bool matches(const std::vector<int64_t>& event, const std::vector<int64_t>& wanted) {
  bool same = event.size() == wanted.size();
  for (size_t i = 0; same && i < event.size(); ++i) {
    same = wanted[i] == -1 || wanted[i] == event[i];  // -1: any
  }
  return same;
}

void check_callback(Trial& run, const json& item) {
  if (item.contains("start_fails")) {
    EXPECT_FALSE(run.started);
    EXPECT_EQ(to_string(run.plugin.failure.cause), item["start_fails"].get<std::string>());
    return;
  }
  ASSERT_TRUE(run.started) << run.plugin.load_error << run.plugin.failure.message;
  ASSERT_FALSE(run.broken()) << run.plugin.logger.text();
  const auto events = events_of(run);
  size_t at = 0;
  for (const auto& wanted : item.value("events", json::array())) {
    const auto line = wanted.get<std::vector<int64_t>>();
    while (at < events.size() && !matches(events[at], line)) {
      ++at;
    }
    EXPECT_LT(at, events.size()) << "missing " << wanted << " in " << json(events);
    ++at;
  }
  for (const auto& absent : item.value("absent", json::array())) {
    for (const auto& event : events) {
      EXPECT_NE(event[0], absent.get<int64_t>()) << json(events);
    }
  }
  const json verdicts = item.value("verdict", json::object());
  for (const auto& [phase, wanted] : verdicts.items()) {
    EXPECT_EQ(run.verdicts[phase], wanted.get<std::string>());
  }
}

/// Every how many cases one runs; sanitizer runs set it.
size_t stride() {
  const char* scale = std::getenv("WASMGATE_TEST_SCALE");
  return scale == nullptr ? 1 : std::max<size_t>(1, std::strtoul(scale, nullptr, 10));
}

/// `each`: every how many cases one runs. Returns how many ran.
size_t check_cases(const std::string& maker, size_t each) {
  const auto* result = ::testing::UnitTest::GetInstance()->current_test_info()->result();
  const json& cases = suite()["cases"];
  size_t count = 0;
  for (size_t i = 0; i < cases.size() && result->total_part_count() < 200; i += each) {
    const json& item = cases[i];
    SCOPED_TRACE(maker + " " + item["id"].get<std::string>());
    Trial run(item, maker);
    if (item.contains("status")) {
      check_call(run, item);
    } else {
      check_callback(run, item);
    }
    ++count;
  }
  return count;
}

TEST(ProxyWasmAbi, EveryCaseHolds) {
  check_cases("driver", stride());
  EXPECT_GT(suite()["cases"].size(), 10'000U);
}

// The same cases with modules of the tool chains that plug-ins are made with.
TEST(ProxyWasmAbi, EveryCaseHoldsForAGuestInCpp) { EXPECT_GT(check_cases("cpp", stride()), 500U); }
TEST(ProxyWasmAbi, EveryCaseHoldsForAGuestInRust) {
  EXPECT_GT(check_cases("rust", stride()), 500U);
}

std::set<std::string> every_capability() {
  std::set<std::string> out;
  for (const auto& function : suite()["functions"]) {
    out.insert(function[1]);
  }
  for (size_t i = 0; i < kCallbacks; ++i) {
    out.emplace(name_of(static_cast<Callback>(i)));
  }
  return out;
}

/// A phase that only comes after a call of `function` (suite.py, prepare).
bool prepared_by(const std::string& phase, const std::string& function) {
  static const std::map<std::string, std::set<std::string>> kNeeds{
      {"tick", {"proxy_set_tick_period_milliseconds"}},
      {"http_call_response", {"proxy_http_call"}},
      {"grpc_initial", {"proxy_grpc_stream"}},
      {"grpc_receive", {"proxy_grpc_stream"}},
      {"grpc_trailing", {"proxy_grpc_stream"}},
      {"grpc_close", {"proxy_grpc_stream"}},
      {"queue_ready", {"proxy_register_shared_queue", "proxy_enqueue_shared_queue"}},
      {"redis_response", {"proxy_redis_init", "proxy_redis_call"}}};
  const auto needs = kNeeds.find(phase);
  return needs != kNeeds.end() && needs->second.contains(function);
}

// Each host function taken from the plug-in's rights, all others left: each of its calls is
// refused, in every phase and with any argument.
TEST(Capabilities, EachFunctionOffRefusesEachOfItsCalls) {
  const auto all = every_capability();
  size_t refused = 0;
  std::set<std::string> functions;
  for (size_t i = 0; i < suite()["cases"].size(); i += stride()) {
    const json& item = suite()["cases"][i];
    const std::string id = item["id"];
    const std::string function = id.substr(0, id.find('/'));
    const std::string rest = id.substr(function.size() + 1);
    if (!item.contains("status") || item["abi"] != "0_2_1" ||
        prepared_by(rest.substr(0, rest.find('/')), function) ||
        function ==
            "proxy_get_buffer_bytes") {  // the guest reads its program by that one: see below
      continue;
    }
    SCOPED_TRACE(id);
    const auto& table = suite()["functions"];
    const auto entry =
        std::find_if(table.begin(), table.end(), [&](const json& e) { return e[1] == function; });
    const uint32_t refusal = !(*entry)[3].get<bool>() ? 0 : (*entry)[0] == "env" ? 10 : 76;
    PluginSpec spec;
    spec.capabilities = all;
    spec.capabilities.erase(function);
    Trial run(item, "driver", std::move(spec));
    ASSERT_TRUE(run.started) << run.plugin.failure.message;
    EXPECT_EQ(run.plugin.u32(kStatuses + 4 * item["call"].get<uint32_t>()), refusal);
    EXPECT_THAT(
        run.plugin.logger.text(),
        ::testing::HasSubstr(function + " is refused: it is not on the plug-in's capability list"));
    ++refused;
    functions.insert(function);
  }
  std::printf("capabilities: %zu calls of %zu host functions refused\n", refused, functions.size());
  if (stride() == 1) {
    EXPECT_EQ(functions.size() + 1, suite()["functions"].size());
  }
}

const json& case_of(const std::string& id) {
  const json& cases = suite()["cases"];
  return *std::find_if(cases.begin(), cases.end(),
                       [&](const json& item) { return item["id"] == id; });
}

TEST(Capabilities, WithoutReadingBuffersAGuestReadsNone) {
  PluginSpec spec;
  spec.capabilities = every_capability();
  spec.capabilities.erase("proxy_get_buffer_bytes");
  Trial run(case_of("proxy_log/request_headers/0_2_1/valid"), "driver", std::move(spec));
  ASSERT_TRUE(run.started);
  EXPECT_EQ(run.plugin.u32(kStatuses), 0U) << "it never saw its program";
}

// Each callback taken away, all else left: it does not come, and it did come before.
TEST(Capabilities, EachCallbackOffIsNotCalled) {
  const auto all = every_capability();
  const auto& exports = suite()["exports"];
  const std::vector<std::string> phases{"vm_start",
                                        "configure",
                                        "tick",
                                        "request_headers",
                                        "request_body",
                                        "request_trailers",
                                        "response_headers",
                                        "response_body",
                                        "response_trailers",
                                        "log",
                                        "done",
                                        "delete",
                                        "http_call_response",
                                        "grpc_initial",
                                        "grpc_receive",
                                        "grpc_trailing",
                                        "grpc_close",
                                        "queue_ready",
                                        "redis_response"};
  for (size_t phase = 0; phase < phases.size(); ++phase) {
    SCOPED_TRACE(phases[phase]);
    const json& item = case_of("proxy_log/" + phases[phase] + "/0_2_1/valid");
    const auto came = [&](Trial& run) {
      const auto events = events_of(run);
      return std::any_of(events.begin(), events.end(), [&](const auto& event) {
        return event[0] == static_cast<int64_t>(phase);
      });
    };
    Trial with(item);
    ASSERT_TRUE(with.started);
    EXPECT_TRUE(came(with));
    PluginSpec spec;
    spec.capabilities = all;
    spec.capabilities.erase(exports[phase].get<std::string>());
    Trial without(item, "driver", std::move(spec));
    ASSERT_TRUE(without.started) << without.plugin.failure.message;
    EXPECT_FALSE(came(without));
  }
}

/// Every host function and callback has a file, with the exact type that the host links.
TEST(ProxyWasmAbi, EveryHostFunctionAndCallbackHasACase) {
  std::map<std::string, std::string> types;
  for (const auto& function : suite()["functions"]) {
    types[function[1]] = function[2];
  }
  for (const auto& entry : hostcall_table()) {
    ASSERT_TRUE(types.contains(std::string(entry.name))) << entry.name << " has no file in cases/";
    std::string type;
    for (const auto param : entry.type.params) {
      type += std::string(type.empty() ? "" : " ") + (param == ValueType::I64 ? "i64" : "i32");
    }
    EXPECT_EQ(types[std::string(entry.name)], type) << entry.name;
  }
  const auto callbacks = suite()["callbacks"].get<std::vector<std::string>>();
  for (size_t i = 0; i < kCallbacks; ++i) {
    EXPECT_THAT(callbacks, ::testing::Contains(std::string(name_of(static_cast<Callback>(i)))));
  }
}

}  // namespace
}  // namespace wasmgate::wasm
