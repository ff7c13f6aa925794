#include "author/source_watch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "author/temporary_folder.h"

namespace wasmgate::author {
namespace {

struct SourceWatch : ::testing::Test {
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(
        (std::filesystem::path(folder.path()) / path).parent_path());
    std::ofstream(folder.path() + "/" + path) << text;
  }
  std::string after(const std::string& path, const std::string& text) const {
    const Fingerprint before = fingerprint(folder.path());
    write(path, text);
    return changed_files(before, fingerprint(folder.path()), folder.path());
  }
  TemporaryFolder folder = *TemporaryFolder::make();
};

TEST_F(SourceWatch, SeesNewAndChangedSources) {
  EXPECT_EQ(after("plugin.cc", "1"), "plugin.cc");
  EXPECT_EQ(after("plugin.cc", "22"), "plugin.cc");
  EXPECT_EQ(after("src/lib.rs", "1"), "src/lib.rs");
}

TEST_F(SourceWatch, DoesNotSeeWhatBuildsAndEditorsWrite) {
  for (const char* path : {"plugin.wasm", "plugin.wasm.part", "Cargo.lock", ".plugin.cc.swp",
                           "plugin.cc~", "image/index.json", "target/x", ".cache/y"}) {
    EXPECT_EQ(after(path, "x"), "") << path;
  }
}

TEST_F(SourceWatch, SeesRemovedSources) {
  write("a.cc", "1");
  const Fingerprint before = fingerprint(folder.path());
  std::filesystem::remove(folder.path() + "/a.cc");
  EXPECT_EQ(changed_files(before, fingerprint(folder.path()), folder.path()), "a.cc");
}

}  // namespace
}  // namespace wasmgate::author
