#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "artifact/fake_registry.h"

namespace wasmgate::artifact {

TemporaryFolder::TemporaryFolder() {
  std::string name = testing::TempDir() + "wasmgate-artifact-XXXXXX";
  path_ = ::mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

}  // namespace wasmgate::artifact
