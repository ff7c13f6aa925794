#include "base/library_on_demand.h"

#include <gtest/gtest.h>

namespace {

const wasmgate::LibraryOnDemand& math_library() {
  static const wasmgate::LibraryOnDemand loaded("libm.so.6");
  return loaded;
}

const wasmgate::LibraryOnDemand& missing_library() {
  static const wasmgate::LibraryOnDemand loaded("libwasmgate-that-is-nowhere.so.1");
  return loaded;
}

}  // namespace

WASMGATE_FORWARD(missing_library, int, wasmgate_test_function, (int value), (value), -7)

TEST(LibraryOnDemand, FindsFunctions) {
  auto* const root = math_library().function<double(double)>("sqrt");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root(9.0), 3.0);
  EXPECT_EQ(math_library().function<int()>("wasmgate_no_such_function"), nullptr);
}

TEST(LibraryOnDemand, FailsAsToldWithoutTheLibrary) { EXPECT_EQ(wasmgate_test_function(1), -7); }
