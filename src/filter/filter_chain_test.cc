#include "filter/filter_chain.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>

namespace wasmgate::filter {
namespace {

constexpr Direction kReq = Direction::Request;
constexpr Direction kResp = Direction::Response;

// A filter that answers from a script and writes down what it saw.
class ScriptedFilter final : public Filter {
 public:
  ScriptedFilter(std::string name, std::string& trace) : name_(std::move(name)), trace_(trace) {}

  void on_attach(FilterCallbacks& callbacks) override { stream = &callbacks; }
  Verdict on_headers(Direction d, http::HeaderMap&, bool end) override {
    note(d, "H", end);
    return take(d, headers);
  }
  Verdict on_data(Direction d, Buffer& data, bool end) override {
    note(d, "D(" + std::string(data.view()) + ")", end);
    if (edit) {
      edit(data);
      stream->body_changed(d);
    }
    return take(d, datas);
  }
  Verdict on_trailers(Direction d, http::HeaderMap&) override {
    note(d, "T", false);
    return take(d, trailers);
  }
  bool wants_data(Direction) const override { return wants; }
  void on_log() override { trace_ += name_ + ".log "; }
  void on_done() override { trace_ += name_ + ".done "; }
  void on_destroy() override { trace_ += name_ + ".destroy "; }

  FilterCallbacks* stream = nullptr;
  std::deque<Verdict> headers, datas, trailers;
  std::function<void(Direction)> during;
  std::function<void(Buffer&)> edit;
  bool wants = true;

 private:
  void note(Direction d, const std::string& what, bool end) {
    trace_ += name_ + (d == kReq ? ">" : "<") + what + (end ? "!" : "") + " ";
    if (during) {
      during(d);
    }
  }
  static Verdict take(Direction, std::deque<Verdict>& from) {
    if (from.empty()) {
      return kContinue;
    }
    const Verdict v = from.front();
    from.pop_front();
    return v;
  }

  std::string name_;
  std::string& trace_;
};

/// Stands in the stream's memory for a filter that the test keeps.
class Forwarding final : public Filter {
 public:
  explicit Forwarding(Filter& to) : to_(to) {}
  void on_attach(FilterCallbacks& callbacks) override { to_.on_attach(callbacks); }
  Verdict on_headers(Direction d, http::HeaderMap& headers, bool end) override {
    return to_.on_headers(d, headers, end);
  }
  Verdict on_data(Direction d, Buffer& data, bool end) override {
    return to_.on_data(d, data, end);
  }
  Verdict on_trailers(Direction d, http::HeaderMap& trailers) override {
    return to_.on_trailers(d, trailers);
  }
  bool wants_data(Direction d) const override { return to_.wants_data(d); }
  void on_log() override { to_.on_log(); }
  void on_done() override { to_.on_done(); }
  void on_destroy() override { to_.on_destroy(); }

 private:
  Filter& to_;
};

class OneFilter final : public FilterFactory {
 public:
  explicit OneFilter(std::unique_ptr<ScriptedFilter> filter) : filter_(std::move(filter)) {}
  FilterPtr create_filter(Arena& memory) override {
    return make_filter<Forwarding>(memory, *filter_);
  }

 private:
  std::unique_ptr<ScriptedFilter> filter_;
};

class FilterChainTest : public testing::Test, public ChainEnds {
 protected:
  ScriptedFilter& add(const std::string& name) {
    auto filter = std::make_unique<ScriptedFilter>(name, trace);
    ScriptedFilter& ref = *filter;
    factories.push_back(std::make_unique<OneFilter>(std::move(filter)));
    return ref;
  }
  void start() {
    std::vector<FilterFactory*> list;
    for (const auto& f : factories) {
      list.push_back(f.get());
    }
    chain.start(list, http::HeaderMap());
  }
  void request(bool end, std::string_view length = "") {
    http::HeaderMap map;
    map.add(":method", "POST");
    map.add(":path", "/");
    if (!length.empty()) {
      map.add("content-length", length);
    }
    chain.on_request_headers(std::move(map), end);
  }
  void response(bool end, std::string_view length = "") {
    http::HeaderMap map;
    map.add(":status", "200");
    if (!length.empty()) {
      map.add("content-length", length);
    }
    chain.on_response_headers(std::move(map), end);
  }
  std::string take_trace() { return std::exchange(trace, ""); }

  void request_headers(http::HeaderMap& h, bool end) override {
    trace += "up:H" + length(h) + (end ? "! " : " ");
  }
  void request_data(Buffer& d, bool end) override {
    trace += "up:D(" + std::string(d.view()) + (end ? ")! " : ") ");
    d.clear();
  }
  void request_trailers(http::HeaderMap&) override { trace += "up:T! "; }
  void response_headers(http::HeaderMap& h, bool end) override {
    trace += "down:" + std::string(*h.get(":status")) + length(h) + (end ? "! " : " ");
  }
  void response_data(Buffer& d, bool end) override {
    trace += "down:D(" + std::string(d.view()) + (end ? ")! " : ") ");
    d.clear();
  }
  void response_trailers(http::HeaderMap&) override { trace += "down:T! "; }
  void local_reply_started() override { trace += "abandon "; }
  void reset(std::string_view details) override { trace += "reset(" + std::string(details) + ") "; }
  void pause_source(Direction) override { trace += "pause "; }
  void resume_source(Direction) override { trace += "resume "; }
  void clear_route_cache() override {}
  void refresh_route() override {}

  static std::string length(http::HeaderMap& h) {
    const auto value = h.get("content-length");
    return value ? "[" + std::string(*value) + "]" : "";
  }

  std::string trace;
  StreamInfo info;
  ChainLimits limits{
      .body_buffer_bytes = 10, .body_buffer_max_bytes = 100, .high_watermark_bytes = 8};
  std::vector<std::unique_ptr<OneFilter>> factories;
  Arena memory;
  FilterChain chain{*this, info, limits, memory};
};

TEST_F(FilterChainTest, RunsRequestsForwardsAndResponsesBackwards) {
  add("a");
  add("b");
  start();
  request(true);
  response(false);
  chain.on_response_data("x", true);
  chain.finish();
  EXPECT_EQ(
      trace,
      "a>H! b>H! up:H! b<H a<H down:200 b<D(x)! a<D(x)! down:D(x)! a.log b.log a.done a.destroy "
      "b.done "
      "b.destroy ");
}

TEST_F(FilterChainTest, ALongChainTakesNoStackPerFilter) {
  // Deeper than any stack would bear at a frame or two per filter.
  constexpr int kFilters = 50'000;
  for (int i = 0; i < kFilters; ++i) {
    add("");
  }
  start();
  request(false);
  chain.on_request_data("abc", true);
  response(false);
  chain.on_response_data("x", true);
  EXPECT_NE(trace.find("up:D(abc)!"), std::string::npos);
  EXPECT_NE(trace.find("down:D(x)!"), std::string::npos);
}

TEST_F(FilterChainTest, AnInjectionThatWasLostDoesNotEndALaterOne) {
  ScriptedFilter& a = add("a");
  a.wants = false;
  start();
  a.during = [&](Direction d) {
    // Before there is a response nothing can be injected: it is dropped, and its end with it.
    a.stream->inject_response_data(d == kReq ? "lost" : "kept", d == kReq);
  };
  request(true);
  response(false);
  chain.on_response_data("x", true);
  EXPECT_EQ(trace, "a>H! up:H! a<H down:200 down:D(kept) down:D(x)! ");
}

TEST_F(FilterChainTest, EmptyChainPassesEverything) {
  start();
  request(false);
  chain.on_request_data("abc", false);
  http::HeaderMap t;
  t.add("x", "1");
  chain.on_request_trailers(std::move(t));
  EXPECT_EQ(trace, "up:H up:D(abc) up:T! ");
  EXPECT_TRUE(chain.request_finished());
}

TEST_F(FilterChainTest, StopIterationHoldsTheHeadUntilTheBodyPasses) {
  ScriptedFilter& a = add("a");
  a.headers = {kStopShowLater};
  a.datas = {kHoldBuffer, kContinue};
  start();
  request(false);
  chain.on_request_data("ab", false);
  chain.on_request_data("cd", true);
  EXPECT_EQ(trace, "a>H a>D(ab) a>D(abcd)! up:H up:D(abcd)! ");
}

TEST_F(FilterChainTest, StopAllCallsNoDataUntilContinuedThenShowsTheHeldBody) {
  ScriptedFilter& a = add("a");
  a.headers = {kStopBuffer};
  start();
  request(false);
  chain.on_request_data("ab", true);
  EXPECT_EQ(take_trace(), "a>H ");
  a.stream->continue_stream(kReq);
  EXPECT_EQ(trace, "up:H a>D(ab)! up:D(ab)! ");
}

TEST_F(FilterChainTest, ContinueAfterAHeldBodyPassesItOnUnseen) {
  ScriptedFilter& a = add("a");
  a.datas = {kHoldBuffer};
  start();
  request(false);
  chain.on_request_data("ab", true);
  take_trace();
  a.stream->continue_stream(kReq);
  a.stream->continue_stream(kReq);
  EXPECT_EQ(trace, "up:D(ab)! ");
}

TEST_F(FilterChainTest, ContinueInsideTheCallbackSendsTheHeadOnce) {
  ScriptedFilter& a = add("a");
  a.during = [&](Direction d) { a.stream->continue_stream(d); };
  start();
  request(true);
  EXPECT_EQ(take_trace(), "a>H! up:H! ");
}

TEST_F(FilterChainTest, ContinueInsideAStoppingCallbackGoesOnAfterIt) {
  ScriptedFilter& a = add("a");
  a.headers = {kStopBuffer};
  a.during = [&](Direction d) { a.stream->continue_stream(d); };
  start();
  request(true);
  EXPECT_EQ(take_trace(), "a>H! up:H! ");
}

TEST_F(FilterChainTest, ContinueOfAResponseThatHasNotBegunHasNoEffect) {
  ScriptedFilter& a = add("a");
  a.during = [&](Direction) { a.stream->continue_stream(kResp); };
  start();
  request(true);
  EXPECT_EQ(take_trace(), "a>H! up:H! ");
}

TEST_F(FilterChainTest, LocalReplyPassesOnlyFiltersWhoseRequestSideRan) {
  add("a");
  ScriptedFilter& b = add("b");
  add("c");
  b.during = [&](Direction d) {
    if (d == kReq) {
      EXPECT_TRUE(b.stream->send_local_reply({.status = 403, .details = "no", .body = "denied"}));
      EXPECT_FALSE(b.stream->send_local_reply({.status = 404}));
    }
  };
  start();
  request(true);
  EXPECT_EQ(take_trace(),
            "a>H! b>H! abandon b<H a<H b<D(denied)! a<D(denied)! down:403[6] down:D(denied)! ");
  EXPECT_EQ(info.response_code_details, "no");
  EXPECT_TRUE(chain.response_finished());
  chain.finish();
}

TEST_F(FilterChainTest, LocalReplyInResponseHeadersReplacesWithoutFurtherCallbacks) {
  add("a");
  ScriptedFilter& b = add("b");
  b.during = [&](Direction d) {
    if (d == kResp) {
      b.stream->send_local_reply({.status = 418, .body = "tea"});
    }
  };
  start();
  request(true);
  take_trace();
  response(false);
  EXPECT_EQ(trace, "b<H abandon down:418[3] down:D(tea)! ");
  EXPECT_FALSE(chain.send_local_reply({.status = 500}));
}

TEST_F(FilterChainTest, LocalReplyAfterTheResponseHeadLeftIsRefused) {
  ScriptedFilter& a = add("a");
  a.wants = false;
  start();
  request(true);
  response(false);
  EXPECT_FALSE(a.stream->send_local_reply({.status = 500}));
}

TEST_F(FilterChainTest, HeldRequestOverTheLimitIs413WhileArriving) {
  ScriptedFilter& a = add("a");
  a.datas = {kHoldBuffer};
  start();
  request(false);
  chain.on_request_data("12345", false);
  take_trace();
  chain.on_request_data("678901", false);
  EXPECT_TRUE(trace.starts_with("abandon a<H ")) << trace;
  EXPECT_NE(trace.find("down:413"), std::string::npos) << trace;
}

TEST_F(FilterChainTest, HeldBodyAtTheLimitIsKept) {
  ScriptedFilter& a = add("a");
  a.datas = {kHoldBuffer, kContinue};
  start();
  request(false);
  chain.on_request_data("12345", false);
  chain.on_request_data("67890", true);
  EXPECT_TRUE(trace.ends_with("up:D(1234567890)! ")) << trace;
}

TEST_F(FilterChainTest, HeldResponseOverTheLimitIs500OrAReset) {
  ScriptedFilter& a = add("a");
  a.datas = {kHoldBuffer};
  start();
  request(true);
  response(false);
  take_trace();
  chain.on_response_data("123456789012", false);
  EXPECT_EQ(trace, "a<D(123456789012) reset(response_payload_too_large) ");
}

TEST_F(FilterChainTest, WatermarkHoldPausesTheSourceAndContinueResumesIt) {
  ScriptedFilter& a = add("a");
  a.headers = {kStopWatermark};
  start();
  request(false);
  chain.on_request_data("123456789", false);
  EXPECT_EQ(take_trace(), "a>H pause ");
  a.stream->continue_stream(kReq);
  EXPECT_EQ(take_trace(), "resume up:H a>D(123456789) up:D(123456789) ");
}

TEST_F(FilterChainTest, RepairsContentLengthOfAWholeEditedBody) {
  ScriptedFilter& a = add("a");
  a.edit = [](Buffer& b) { b.replace(0, 100, "longer"); };
  start();
  request(false, "2");
  chain.on_request_data("ab", true);
  EXPECT_EQ(trace, "a>H a>D(ab)! up:H[6] up:D(longer)! ");
}

TEST_F(FilterChainTest, AWrittenContentLengthDoesNotStandWhenNobodyLooksAtTheBody) {
  ScriptedFilter& a = add("a");
  a.wants = false;
  const auto write = [&](Direction d) { a.stream->headers(d)->set("content-length", "999"); };
  a.during = write;
  start();
  request(false, "2");
  chain.on_request_data("ab", true);
  EXPECT_EQ(take_trace(), "a>H up:H[2] up:D(ab)! ");
  response(false);
  EXPECT_EQ(take_trace(), "a<H down:200 ");
  chain.on_response_data("ok", true);
  EXPECT_EQ(take_trace(), "down:D(ok)! ");
}

TEST_F(FilterChainTest, ALengthThatAFilterTookAwayStaysAway) {
  ScriptedFilter& a = add("a");
  a.wants = false;
  a.during = [&](Direction d) { a.stream->headers(d)->remove("content-length"); };
  start();
  request(false, "2");
  chain.on_request_data("ab", true);
  EXPECT_EQ(take_trace(), "a>H up:H up:D(ab)! ");
}

TEST_F(FilterChainTest, DropsContentLengthOfAnEditedBodyOfUnknownLength) {
  ScriptedFilter& a = add("a");
  a.edit = [](Buffer& b) { b.append("+"); };
  start();
  request(false, "4");
  chain.on_request_data("ab", false);
  chain.on_request_data("cd", true);
  EXPECT_EQ(trace, "a>H a>D(ab) up:H up:D(ab+) a>D(cd)! up:D(cd+)! ");
}

TEST_F(FilterChainTest, ResetsAMessageWhoseLengthCannotBeMadeTrue) {
  ScriptedFilter& a = add("a");
  start();
  request(false, "4");
  chain.on_request_data("ab", false);
  a.edit = [](Buffer& b) { b.append("+++"); };
  chain.on_request_data("cd", true);
  EXPECT_TRUE(trace.ends_with("reset(wasm_content_length_mismatch) ")) << trace;
}

TEST_F(FilterChainTest, FailedClosedFilterGivesOneAnswer) {
  ScriptedFilter& a = add("a");
  a.during = [&](Direction) { a.stream->fail_stream(false, reply_for(FailureKind::PluginFailed)); };
  start();
  request(true);
  EXPECT_EQ(trace, "a>H! abandon down:503[0]! ");
}

TEST_F(FilterChainTest, FailedOpenFilterIsSkippedFromThenOn) {
  ScriptedFilter& a = add("a");
  a.datas = {kHoldBuffer};
  start();
  request(false);
  chain.on_request_data("ab", false);
  take_trace();
  a.stream->fail_stream(true, {});
  EXPECT_EQ(take_trace(), "up:D(ab) ");
  chain.on_request_data("cd", true);
  EXPECT_EQ(take_trace(), "up:D(cd)! ");
}

TEST_F(FilterChainTest, FailingClosedAfterTheResponseHeadLeftResets) {
  ScriptedFilter& a = add("a");
  a.wants = false;
  start();
  request(true);
  response(false);
  take_trace();
  a.stream->fail_stream(false, reply_for(FailureKind::PluginFailed));
  EXPECT_EQ(trace, "reset(wasm_fail_stream) ");
}

TEST_F(FilterChainTest, TrailersMadeInTheLastDataCallbackEndTheMessage) {
  ScriptedFilter& a = add("a");
  add("b");
  a.edit = [&](Buffer&) { a.stream->add_trailers(kReq)->add("x-sum", "1"); };
  start();
  request(false);
  chain.on_request_data("ab", true);
  EXPECT_EQ(trace, "a>H b>H up:H a>D(ab)! b>D(ab) up:D(ab) b>T up:T! ");
}

TEST_F(FilterChainTest, TrailersReleaseWhatTheirFilterHolds) {
  ScriptedFilter& a = add("a");
  a.headers = {kStopShowLater};
  a.datas = {kHoldBuffer};
  start();
  request(false);
  chain.on_request_data("ab", false);
  http::HeaderMap t;
  t.add("x", "1");
  chain.on_request_trailers(std::move(t));
  EXPECT_EQ(trace, "a>H a>D(ab) a>T up:H up:D(ab) up:T! ");
}

TEST_F(FilterChainTest, InjectedDataPassesTheFiltersAfterTheInjector) {
  add("a");
  ScriptedFilter& b = add("b");
  b.datas = {kDropPart};
  start();
  request(true);
  response(false);
  chain.on_response_data("orig", false);
  take_trace();
  b.stream->inject_response_data("new", false);
  EXPECT_EQ(trace, "a<D(new) down:D(new) ");
}

TEST_F(FilterChainTest, ResetInACallbackEndsTheStreamOnce) {
  ScriptedFilter& a = add("a");
  a.during = [&](Direction) { a.stream->reset_stream("wasm_close_stream"); };
  start();
  request(true);
  response(true);
  EXPECT_EQ(trace, "a>H! reset(wasm_close_stream) ");
}

TEST(LocalReply, GrpcRequestsGetATrailersOnlyAnswer) {
  http::HeaderMap request, out;
  request.add("content-type", "application/grpc");
  const std::string_view body =
      write_local_reply({.status = 403, .body = "not\nyou"}, &request, out);
  EXPECT_TRUE(body.empty());
  EXPECT_EQ(http::status_of(out), 200);
  EXPECT_EQ(out.get("grpc-status"), "7");
  EXPECT_EQ(out.get("grpc-message"), "not%0Ayou");
}

TEST(LocalReply, GivenContentTypeReplacesTheDefaultAndLengthIsComputed) {
  http::HeaderMap out;
  write_local_reply({.status = 200,
                     .body = "{}",
                     .headers = {{"Content-Type", "application/json"}, {"content-length", "99"}}},
                    nullptr, out);
  EXPECT_EQ(out.count("content-type"), 1U);
  EXPECT_EQ(out.get("content-type"), "application/json");
  EXPECT_EQ(out.get("content-length"), "2");
}

TEST(LocalReply, EveryFailureKindHasAStatus) {
  for (int kind = 0; kind <= static_cast<int>(FailureKind::BadLocalReply); ++kind) {
    EXPECT_FALSE(reply_for(static_cast<FailureKind>(kind)).details.empty()) << kind;
  }
}

}  // namespace
}  // namespace wasmgate::filter
