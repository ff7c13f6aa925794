#include "wasm/engine/engine.h"

#include <gtest/gtest.h>

#include "wasm/engine/engine_test_support.h"

namespace wasmgate::wasm {
namespace {

using testing::module_of;
using testing::test_engine;

const FunctionType kNothing{};
const FunctionType kGives{{}, {ValueType::I32}};
const FunctionType kMaps{{ValueType::I32}, {ValueType::I32}};

std::unique_ptr<Instance> instance_of(std::string_view wat, InstanceLimits limits = {}) {
  auto module = module_of(wat);
  static std::vector<std::unique_ptr<LinkedModule>> linked;
  linked.push_back(std::move(module->link({}).value()));
  auto instance = linked.back()->instantiate(nullptr, limits, 1000);
  if (!instance) {
    ADD_FAILURE() << instance.error().detail;
    return nullptr;
  }
  return std::move(*instance);
}

Trap trap_of(std::string_view wat, uint64_t ticks = 1000) {
  auto instance = instance_of(wat);
  const auto run = instance->find_function("run", kNothing);
  EXPECT_TRUE(run);
  Value args[1]{};
  Trap trap;
  EXPECT_FALSE(instance->call(run, args, 0, ticks, trap));
  return trap;
}

TEST(Instance, CallsAnExport) {
  auto instance = instance_of(
      R"((module (func (export "twice") (param i32) (result i32) local.get 0 i32.const 2 i32.mul)))");
  const auto twice = instance->find_function("twice", kMaps);
  Value args[1];
  args[0].i32 = 21;
  Trap trap;
  ASSERT_TRUE(instance->call(twice, args, 1, 1000, trap));
  EXPECT_EQ(args[0].i32, 42);
}

TEST(Instance, DoesNotFindAnExportOfAnotherType) {
  auto instance = instance_of(R"((module (func (export "run") (param i64))))");
  EXPECT_FALSE(instance->find_function("run", kNothing));
  EXPECT_FALSE(instance->find_function("missing", kNothing));
}

TEST(Instance, NamesTheFunctionsOfATrap) {
  const auto trap =
      trap_of(R"((module (func $inner unreachable) (func (export "run") call $inner)))");
  EXPECT_EQ(trap.cause, TrapCause::Trap);
  EXPECT_NE(trap.message.find("unreachable"), std::string::npos) << trap.detail;
  ASSERT_EQ(trap.frames.size(), 2U);
  EXPECT_EQ(trap.frames[0].function, "inner");
}

TEST(Instance, EndsAnEndlessLoopAtItsDeadline) {
  const auto trap = trap_of(R"((module (func (export "run") (loop br 0))))", 3);
  EXPECT_EQ(trap.cause, TrapCause::Deadline) << trap.detail;
}

TEST(Instance, EndsUnboundedRecursion) {
  const auto trap = trap_of(R"((module (func $run (export "run") call $run call $run)))");
  EXPECT_EQ(trap.cause, TrapCause::Trap);
  EXPECT_NE(trap.message.find("stack"), std::string::npos) << trap.detail;
}

TEST(Instance, TrapsOnAccessOutsideTheMemory) {
  const auto trap = trap_of(
      R"((module (memory (export "memory") 1) (func (export "run") (drop (i32.load (i32.const 65536))))))");
  EXPECT_NE(trap.message.find("out of bounds"), std::string::npos) << trap.detail;
}

TEST(Instance, TrapsOnDivisionByZero) {
  const auto trap = trap_of(
      R"((module (global $z (mut i32) (i32.const 0)) (func (export "run") (drop (i32.div_s (i32.const 1) (global.get $z))))))");
  EXPECT_NE(trap.message.find("divide by zero"), std::string::npos) << trap.detail;
}

TEST(Instance, RefusesMemoryAboveItsLimit) {
  auto instance = instance_of(R"((module (memory (export "memory") 1)
    (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)))",
                              {.memory_bytes = 3 * 65536});
  const auto grow = instance->find_function("grow", kMaps);
  Value args[1];
  Trap trap;
  args[0].i32 = 2;
  ASSERT_TRUE(instance->call(grow, args, 1, 1000, trap));
  EXPECT_EQ(args[0].i32, 1);
  EXPECT_EQ(instance->memory().size(), 3U * 65536);
  args[0].i32 = 1;
  ASSERT_TRUE(instance->call(grow, args, 1, 1000, trap));
  EXPECT_EQ(args[0].i32, -1);
}

TEST(Instance, KnownMemoryReachesWhatHasGrownSince) {
  auto instance = instance_of(R"((module (memory (export "memory") 1 2)
    (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)))",
                              {});
  const GuestMemory before = instance->known_memory();
  EXPECT_FALSE(before.write_u32(65536, 7));
  Value args[1];
  Trap trap;
  args[0].i32 = 1;
  ASSERT_TRUE(instance->call(instance->find_function("grow", kMaps), args, 1, 1000, trap));
  const GuestMemory after = instance->known_memory();
  EXPECT_TRUE(after.write_u32(2 * 65536 - 4, 7));
  EXPECT_EQ(after.read_u32(2 * 65536 - 4), 7U);
  EXPECT_FALSE(after.write_u32(2 * 65536 - 3, 7));
  EXPECT_FALSE(after.read(UINT32_MAX, UINT32_MAX));
  EXPECT_EQ(instance->memory_size_now(), 2U * 65536);
}

TEST(Instance, RefusesTableElementsAboveItsLimit) {
  auto instance = instance_of(R"((module (table $t 1 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))))",
                              {.table_elements = 10});
  const auto grow = instance->find_function("grow", kMaps);
  Value args[1];
  Trap trap;
  args[0].i32 = 100;
  ASSERT_TRUE(instance->call(grow, args, 1, 1000, trap));
  EXPECT_EQ(args[0].i32, -1);
}

TEST(Instance, RunsTheStartFunctionUnderADeadline) {
  auto linked = module_of("(module (func $s (loop br 0)) (start $s))")->link({}).value();
  const auto instance = linked->instantiate(nullptr, {}, 3);
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().code, ErrorCode::Timeout);
}

const char* add_to_data(void* data, const HostFunction& self, Value* args) {
  *static_cast<uint32_t*>(data) += args[0].u32 + self.index;
  return nullptr;
}
const char* end_call(void*, const HostFunction&, Value*) { return "the host says no"; }

TEST(LinkedModule, CallsHostFunctionsWithTheInstancesData) {
  const HostFunction functions[] = {{"env", "add", {{ValueType::I32}, {}}, add_to_data, 100, 0}};
  auto linked = module_of(R"((module (import "env" "add" (func $a (param i32)))
    (func (export "run") (call $a (i32.const 5)))))")
                    ->link(functions)
                    .value();
  uint32_t sum = 1;
  auto instance = linked->instantiate(&sum, {}, 10).value();
  Value args[1]{};
  Trap trap;
  ASSERT_TRUE(instance->call(instance->find_function("run", kNothing), args, 0, 1000, trap));
  EXPECT_EQ(sum, 106U);
}

const char* read_through(void* data, const HostFunction&, Value* args) {
  args[0].u32 = (*static_cast<Instance**>(data))->memory().read_u32(args[0].u32).value_or(0);
  return nullptr;
}

TEST(LinkedModule, TheStartFunctionsHostCallsHaveAMemory) {
  const HostFunction functions[] = {
      {"env", "read", {{ValueType::I32}, {ValueType::I32}}, read_through, 0, 0}};
  auto linked =
      module_of(
          R"((module (import "env" "read" (func $read (param i32) (result i32))) (memory (export "memory") 1)
    (data (i32.const 8) "\2a") (func $s (i32.store (i32.const 16) (call $read (i32.const 8)))) (start $s)))")
          ->link(functions)
          .value();
  Instance* starting = nullptr;
  auto instance = linked->instantiate(&starting, {}, 1000, &starting).value();
  EXPECT_EQ(starting, instance.get());
  EXPECT_EQ(instance->memory().read_u32(16), 42U);
}

TEST(LinkedModule, EndsTheCallWhenAHostFunctionSaysSo) {
  const HostFunction functions[] = {{"env", "end", {}, end_call, 0, 0}};
  auto linked =
      module_of(R"((module (import "env" "end" (func $e)) (func (export "run") call $e)))")
          ->link(functions)
          .value();
  auto instance = linked->instantiate(nullptr, {}, 10).value();
  Value args[1]{};
  Trap trap;
  ASSERT_FALSE(instance->call(instance->find_function("run", kNothing), args, 0, 1000, trap));
  EXPECT_EQ(trap.cause, TrapCause::Host);
  EXPECT_EQ(trap.message, "the host says no") << trap.detail;
}

TEST(Module, DoesNotLinkAnUnknownImport) {
  const auto linked = module_of(R"((module (import "env" "what" (func))))")->link({});
  ASSERT_FALSE(linked);
  EXPECT_NE(linked.error().detail.find("what"), std::string::npos);
}

TEST(Module, RunsAfterSerialisation) {
  const auto bytes = module_of(R"((module (func (export "seven") (result i32) i32.const 7)))")
                         ->serialize()
                         .value();
  auto module = test_engine().deserialize(bytes).value();
  auto linked = module->link({}).value();
  auto instance = linked->instantiate(nullptr, {}, 10).value();
  Value args[1]{};
  Trap trap;
  ASSERT_TRUE(instance->call(instance->find_function("seven", kGives), args, 1, 1000, trap));
  EXPECT_EQ(args[0].i32, 7);
}

class RefusedFeature : public ::testing::TestWithParam<const char*> {};

TEST_P(RefusedFeature, DoesNotCompile) {
  const auto bytes = wat_to_wasm(GetParam());
  ASSERT_TRUE(bytes) << bytes.error().detail;
  EXPECT_FALSE(test_engine().compile(*bytes));
}

INSTANTIATE_TEST_SUITE_P(
    Proposals, RefusedFeature,
    ::testing::Values(
        "(module (memory i64 1))", "(module (memory 1) (memory 1))", "(module (memory 1 2 shared))",
        "(module (func $f return_call $f))",
        "(module (func (param v128) (result v128) local.get 0 local.get 0 i8x16.relaxed_swizzle))",
        "(module (type (struct (field i32))))", "(module (func (param externref)))"));

TEST(Engine, AcceptsWhatCompilersOfPluginsProduce) {
  const auto bytes = wat_to_wasm(R"((module (memory 1) (table 2 funcref)
    (func (param i32) (result i32 i64) local.get 0 i32.extend8_s i64.const 1)
    (func (result i32) f32.const 1 i32.trunc_sat_f32_s)
    (func (memory.fill (i32.const 0) (i32.const 1) (i32.const 2)))
    (func (result i32) ref.null func ref.is_null)
    (func (result v128) v128.const i32x4 1 2 3 4)))");
  const auto module = test_engine().compile(*bytes);
  EXPECT_TRUE(module) << module.error().detail;
}

TEST(Engine, TellsWhyBytesAreNoModule) {
  const auto module = test_engine().compile("not wasm");
  ASSERT_FALSE(module);
  EXPECT_FALSE(module.error().detail.empty());
}

TEST(Engine, CountsATickMoreThanTheBudget) {
  EXPECT_EQ(test_engine().ticks_for(std::chrono::milliseconds(50)), 51U);
  EXPECT_EQ(test_engine().ticks_for(std::chrono::microseconds(50'001)), 52U);
}

}  // namespace
}  // namespace wasmgate::wasm
