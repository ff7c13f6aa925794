#include "wasm/abi/module_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wasm/engine/engine_test_support.h"
#include "wasm/hostcalls/hostcall_table.h"

namespace wasmgate::wasm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::wasm_of;

constexpr const char* kGood = R"(
  (memory (export "memory") 2 10) (table 5 funcref)
  (func (export "malloc") (param i32) (result i32) i32.const 0)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) i32.const 0)
)";

ModuleReport report_of(const std::string& wat, const InspectLimits& limits = {}) {
  return inspect_module(wasm_of(wat), limits);
}

TEST(ModuleReport, DescribesAGoodModule) {
  const auto report = report_of(
      std::string(
          "(module (import \"env\" \"proxy_log\" (func (param i32 i32 i32) (result i32)))") +
      kGood + ")");
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.version, AbiVersion::V0_2_1);
  EXPECT_EQ(report.allocator, "malloc");
  EXPECT_EQ(report.memory_min_bytes, 2U * 65536);
  EXPECT_EQ(report.memory_max_bytes, 10U * 65536);
  EXPECT_EQ(report.table_elements, 5U);
  ASSERT_EQ(report.imports.size(), 1U);
  EXPECT_TRUE(report.imports[0].known);
  EXPECT_EQ(report.imports[0].hosts, "all");
  ASSERT_EQ(report.callbacks.size(), 1U);
  EXPECT_EQ(report.callbacks[0].name, "proxy_on_request_headers");
}

TEST(ModuleReport, WantsAnAbiVersion) {
  for (const char* markers : {"", "(func (export \"proxy_abi_version_9_9_9\"))"}) {
    const auto report =
        report_of(std::string("(module (memory (export \"memory\") 1) (func (export \"malloc\") "
                              "(param i32) (result i32) i32.const 0)") +
                  markers + ")");
    EXPECT_THAT(report.problems, ElementsAre("Missing or unknown Proxy-Wasm ABI version"));
  }
}

TEST(ModuleReport, TakesTheHighestOfSeveralVersionsWithAWarning) {
  const auto report = report_of(
      std::string("(module ") + kGood +
      "(func (export \"proxy_abi_version_0_2_100\")) (func (export \"proxy_abi_version_0_1_0\")))");
  EXPECT_EQ(report.version, AbiVersion::V0_2_100);
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.warnings, Contains(HasSubstr("several ABI markers")));
}

TEST(ModuleReport, ListsAllUnknownImportsInOneProblem) {
  const auto report = report_of(
      std::string(
          R"((module (import "env" "proxy_what" (func)) (import "other" "x" (func (param i32)))
    (import "env" "proxy_log" (func (param i64))) (import "env" "g" (global i32)))") +
      kGood + ")");
  ASSERT_EQ(report.problems.size(), 1U);
  for (const char* part :
       {"env.proxy_what (unknown)", "other.x (unknown)",
        "env.proxy_log (type (i32, i32, i32) -> i32, wanted (i64))", "env.g (not a function)"}) {
    EXPECT_THAT(report.problems[0], HasSubstr(part));
  }
}

TEST(ModuleReport, ACallbackOfAnotherTypeCountsAsMissing) {
  const auto report =
      report_of(std::string("(module ") + kGood + "(func (export \"proxy_on_tick\") (param i64)))");
  EXPECT_THAT(report.warnings,
              Contains(HasSubstr("proxy_on_tick has type (i64); it must be (i32)")));
  EXPECT_THAT(report.problems, IsEmpty());
}

TEST(ModuleReport, Abi010HasHeadersCallbacksOfTwoParameters) {
  const auto report = report_of(
      R"((module (memory (export "memory") 1) (func (export "malloc") (param i32) (result i32) i32.const 0)
    (func (export "proxy_abi_version_0_1_0")) (func (export "proxy_on_request_headers") (param i32 i32) (result i32) i32.const 0)))");
  EXPECT_THAT(report.warnings, IsEmpty());
  ASSERT_EQ(report.callbacks.size(), 1U);
  EXPECT_TRUE(report.callbacks[0].usable);
}

TEST(ModuleReport, KnowsCallbacksThatAreNeverCalled) {
  const auto report = report_of(
      std::string("(module ") + kGood +
      "(func (export \"proxy_on_downstream_data\") (param i32 i32 i32) (result i32) i32.const 0))");
  EXPECT_FALSE(report.callbacks.back().called);
}

TEST(ModuleReport, NamesEveryReasonAgainstAMemory) {
  const std::string rest =
      R"((func (export "malloc") (param i32) (result i32) i32.const 0) (func (export "proxy_abi_version_0_2_1")))";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "does not export its memory"},
      {"(memory 1)", "does not export its memory"},
      {"(import \"env\" \"memory\" (memory 1))", "it imports a memory"},
      {"(memory (export \"memory\") 1 2 shared)", "shared"},
      {"(memory (export \"memory\") i64 1)", "64-bit"},
      {"(memory (export \"memory\") 65536)",
       "needs 4294967296 bytes of memory; the limit is 67108864"},
      {"(memory (export \"memory\") 1) (memory 1)", "more than one memory"}};
  for (const auto& [memory, problem] : cases) {
    EXPECT_THAT(report_of("(module " + memory + rest + ")").problems, Contains(HasSubstr(problem)))
        << memory;
  }
}

TEST(ModuleReport, WantsAnAllocatorAndAnAffordableTable) {
  const auto report = report_of(
      R"((module (memory (export "memory") 1) (table 200000 funcref) (func (export "proxy_abi_version_0_2_1"))))");
  EXPECT_THAT(report.problems, ElementsAre(HasSubstr("neither proxy_on_memory_allocate nor malloc"),
                                           HasSubstr("needs 200000 table elements")));
}

TEST(ModuleReport, RefusesExceptionHandlingAndComponents) {
  EXPECT_THAT(report_of(std::string("(module (tag (param i32)) ") + kGood + ")").problems,
              Contains(HasSubstr("exception handling")));
  EXPECT_THAT(inspect_module(std::string_view("\0asm\x0d\0\1\0", 8)).problems,
              Contains(HasSubstr("component")));
}

TEST(ModuleReport, SurvivesEveryPrefixAndFlippedBit) {
  const auto good = wasm_of(
      std::string(
          "(module (import \"env\" \"proxy_log\" (func (param i32 i32 i32) (result i32)))") +
      kGood + ")");
  for (size_t size = 0; size < good.size(); ++size) {
    inspect_module(std::string_view(good).substr(0, size));
  }
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    inspect_module(bad);
  }
  EXPECT_FALSE(inspect_module(std::string_view(good).substr(0, good.size() - 1)).loadable());
}

TEST(HostcallTable, HasNoEntryTwice) {
  for (const auto& entry : hostcall_table()) {
    const auto same = std::count_if(
        hostcall_table().begin(), hostcall_table().end(), [&](const HostcallEntry& other) {
          return other.name == entry.name && other.type == entry.type && other.wasi == entry.wasi;
        });
    EXPECT_EQ(same, 1) << entry.name;
  }
}

// The exact types of WASI preview1 and of the ABI, spelled as on paper: one letter per parameter, i
// for i32, l for i64.
TEST(HostcallTable, HasTheExactTypes) {
  const std::vector<std::tuple<std::string, std::string, std::string>> types{
      {"clock_time_get", "ili", "i"},
      {"fd_seek", "ilii", "i"},
      {"fd_advise", "illi", "i"},
      {"fd_allocate", "ill", "i"},
      {"fd_fdstat_set_rights", "ill", "i"},
      {"fd_filestat_set_times", "illi", "i"},
      {"fd_pread", "iiili", "i"},
      {"fd_pwrite", "iiili", "i"},
      {"fd_readdir", "iiili", "i"},
      {"fd_filestat_set_size", "il", "i"},
      {"path_link", "iiiiiii", "i"},
      {"path_symlink", "iiiii", "i"},
      {"path_rename", "iiiiii", "i"},
      {"path_open", "iiiiillii", "i"},
      {"path_filestat_get", "iiiii", "i"},
      {"path_filestat_set_times", "iiiilli", "i"},
      {"path_readlink", "iiiiii", "i"},
      {"poll_oneoff", "iiii", "i"},
      {"proc_exit", "i", ""},
      {"proc_raise", "i", "i"},
      {"sched_yield", "", "i"},
      {"random_get", "ii", "i"},
      {"sock_accept", "iii", "i"},
      {"sock_recv", "iiiiii", "i"},
      {"sock_send", "iiiii", "i"},
      {"sock_shutdown", "ii", "i"},
      {"fd_write", "iiii", "i"},
      {"fd_tell", "ii", "i"},
      {"proxy_log", "iii", "i"},
      {"proxy_http_call", "iiiiiiiiii", "i"},
      {"proxy_grpc_call", "iiiiiiiiiiii", "i"},
      {"proxy_grpc_stream", "iiiiiiiii", "i"},
      {"proxy_send_local_response", "iiiiiiii", "i"},
      {"proxy_record_metric", "il", "i"},
      {"proxy_increment_metric", "il", "i"},
      {"proxy_set_shared_data", "iiiii", "i"},
      {"proxy_get_shared_data", "iiiii", "i"},
      {"proxy_call_foreign_function", "iiiiii", "i"},
      {"proxy_redis_init", "iiiiiii", "i"},
      {"proxy_redis_call", "iiiii", "i"}};
  for (const auto& [name, params, results] : types) {
    FunctionType type;
    for (const char c : params) {
      type.params.push_back(c == 'l' ? ValueType::I64 : ValueType::I32);
    }
    if (!results.empty()) {
      type.results = {ValueType::I32};
    }
    const bool found = find_hostcall("env", name, type) != nullptr ||
                       find_hostcall("wasi_unstable", name, type) != nullptr;
    EXPECT_TRUE(found) << name;
  }
}

}  // namespace
}  // namespace wasmgate::wasm
