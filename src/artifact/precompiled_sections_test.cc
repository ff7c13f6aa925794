#include "artifact/precompiled_sections.h"

#include <gtest/gtest.h>

namespace wasmgate::artifact {
namespace {

const std::string kHeader("\0asm\1\0\0\0", 8);

std::string section(char id, const std::string& content) {
  return std::string(1, id) + std::string(1, static_cast<char>(content.size())) + content;
}
std::string custom(const std::string& name) {
  return section(0, std::string(1, static_cast<char>(name.size())) + name + "native code");
}

TEST(StripPrecompiledSections, TakesOutEveryFormOfTheName) {
  const std::string rest = section(1, "types") + custom("producers");
  for (const char* name : {"precompiled_wasmtime", "precompiled_v8_x86_64", "precompiled_wamr-aot",
                           "com.example.precompiled", "wasmtime", ".wasmtime.engine"}) {
    std::string module = kHeader + custom(name) + rest + custom(name);
    EXPECT_EQ(strip_precompiled_sections(module), 2U) << name;
    EXPECT_EQ(module, kHeader + rest) << name;
  }
}

TEST(StripPrecompiledSections, LeavesOthersByteForByte) {
  const std::string module = kHeader + custom("name") + section(10, "precompiled") + custom("");
  std::string same = module;
  EXPECT_EQ(strip_precompiled_sections(same), 0U);
  EXPECT_EQ(same, module);
}

TEST(StripPrecompiledSections, LeavesWhatItCannotRead) {
  for (const std::string& rest :
       {std::string("\0", 1), std::string("\0\xFF", 2), std::string("\0\xFF\xFF\xFF\xFF\xFF\1", 7),
        std::string("\0\x05pre", 5), std::string("\0\x02\x7Fx", 4)}) {
    std::string module = kHeader + custom("precompiled_x") + rest;
    EXPECT_EQ(strip_precompiled_sections(module), 1U);
    EXPECT_EQ(module, kHeader + rest);
  }
}

}  // namespace
}  // namespace wasmgate::artifact
