#include <gtest/gtest.h>

#include "contrib/proxy_expr.h"
#include "proxy_wasm_intrinsics.h"
#include "testing/host_simulator.h"

namespace {

using wasmgate::testing::HostSimulator;

TEST(Expressions, HaveATokenAndAValue) {
  HostSimulator host;
  host.foreign_results["expr_create"] = std::string("\x07\0\0\0", 4);
  host.foreign_results["expr_evaluate"] = "text";
  uint32_t token = 0;
  ASSERT_EQ(createExpression("request.path", &token), WasmResult::Ok);
  EXPECT_EQ(token, 7U);
  std::string text;
  EXPECT_TRUE(evaluateExpression(token, &text));
  EXPECT_EQ(text, "text");
  uint64_t number = 0;
  EXPECT_FALSE(evaluateExpression(token, &number));
  host.foreign_results["expr_evaluate"] = std::string("\x05\0\0\0\0\0\0\0", 8);
  EXPECT_TRUE(evaluateExpression(token, &number));
  EXPECT_EQ(number, 5U);
}

TEST(Expressions, ThatTheHostDoesNotKnowHaveNone) {
  HostSimulator host;
  uint32_t token = 3;
  EXPECT_EQ(createExpression("x", &token), WasmResult::NotFound);
  EXPECT_EQ(token, 3U);
  EXPECT_FALSE(exprEvaluate(token));
  EXPECT_EQ(exprDelete(token), WasmResult::NotFound);
}

TEST(GrpcSimpleCall, GivesOneCallbackBothOutcomes) {
  HostSimulator host;
  RootContext root(1, "");
  std::vector<std::pair<GrpcStatus, size_t>> outcomes;
  const auto call = [&] {
    EXPECT_EQ(root.grpcSimpleCall(
                  "cluster", "a.Service", "Method", {{"n", "v"}}, "request", 100,
                  [&](GrpcStatus status, size_t size) { outcomes.emplace_back(status, size); }),
              WasmResult::Ok);
    return host.calls.back().token;
  };
  root.onGrpcReceive(call(), 3);
  root.onGrpcClose(call(), GrpcStatus::Unavailable);
  EXPECT_EQ(outcomes, (decltype(outcomes){{GrpcStatus::Ok, 3}, {GrpcStatus::Unavailable, 0}}));
  EXPECT_EQ(host.calls.back().body, "request");
  EXPECT_EQ(host.calls.back().method, "Method");
}

TEST(Properties, AreReadByTheirType) {
  HostSimulator host;
  host.properties["a.number"] = std::string("\x2a\0\0\0\0\0\0\0", 8);
  host.properties["a.text"] = "words";
  host.configure("");
  const auto stream = host.stream();
  int64_t number = 0;
  EXPECT_TRUE(getValue<int64_t>({"a", "number"}, &number));
  EXPECT_EQ(number, 42);
  bool flag = false;
  EXPECT_FALSE(getValue({"a", "number"}, &flag));
  std::string text;
  EXPECT_TRUE(getValue(std::vector<std::string>{"a", "text"}, &text));
  EXPECT_EQ(text, "words");
  EXPECT_FALSE(getValue({"a", "missing"}, &text));
}

TEST(Metrics, KeepTheFirstTagsWhenExtended) {
  HostSimulator host;
  Counter<std::string, int> counter("requests", "route", "status");
  counter.increment(2, std::string_view("r"), 200);
  const std::unique_ptr<Counter<bool>> longer(counter.extendAndResolve<bool>("r", 404, "retried"));
  longer->increment(1, true);
  EXPECT_EQ(host.metrics["route.r.status.200.requests"], 2U);
  EXPECT_EQ(host.metrics["route.r.status.404.retried.true.requests"], 1U);
}

}  // namespace
