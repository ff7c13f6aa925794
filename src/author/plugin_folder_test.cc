#include "author/plugin_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "author/temporary_folder.h"

namespace wasmgate::author {
namespace {

namespace fs = std::filesystem;

// A tree with both SDKs, and one plug-in in each.
struct PluginFolders : ::testing::Test {
  PluginFolders() {
    touch("plugins/wasm-cpp/Makefile");
    touch("plugins/wasm-cpp/common/proxy_wasm_intrinsics.h");
    touch("plugins/wasm-cpp/extensions/key_auth/plugin.cc");
    touch("plugins/wasm-rust/Makefile");
    touch("plugins/wasm-rust/vendor/proxy-wasm/Cargo.toml");
    touch("plugins/wasm-rust/extensions/key-auth/src/lib.rs");
    touch("plugins/wasm-rust/extensions/say-hello/cases/b.yaml");
    touch("plugins/wasm-rust/extensions/say-hello/cases/a.yaml");
    touch("plugins/cases/say-hello/c.yaml");
  }
  void touch(const std::string& path) const {
    fs::create_directories((fs::path(root) / path).parent_path());
    std::ofstream(root + "/" + path) << "x";
  }
  TemporaryFolder folder = *TemporaryFolder::make();
  std::string root = fs::canonical(folder.path()).string();
};

TEST_F(PluginFolders, FindSdksFromAnywhereInTheTree) {
  for (const char* start :
       {"", "/plugins", "/plugins/wasm-rust/extensions/say-hello", "/plugins/wasm-cpp/common"}) {
    const auto sdk = find_sdk(root + start, Language::Cpp);
    ASSERT_TRUE(sdk) << start;
    EXPECT_EQ(sdk->folder, root + "/plugins/wasm-cpp") << start;
  }
  EXPECT_FALSE(find_sdk(fs::path(root).parent_path().string(), Language::Cpp));
}

TEST_F(PluginFolders, FindPluginsByPath) {
  const auto plugin = find_plugin("extensions/say-hello/src/../cases", root + "/plugins/wasm-rust");
  ASSERT_TRUE(plugin) << plugin.error().detail;
  EXPECT_EQ(plugin->name, "say-hello");
  EXPECT_EQ(plugin->module(), root + "/plugins/wasm-rust/extensions/say-hello/plugin.wasm");
  EXPECT_EQ(find_plugin(".", root + "/plugins/wasm-cpp/extensions/key_auth")->name, "key_auth");
}

TEST_F(PluginFolders, FindPluginsByEitherSpellingOfAName) {
  EXPECT_EQ(find_plugin("say_hello", root)->folder,
            root + "/plugins/wasm-rust/extensions/say-hello");
}

TEST_F(PluginFolders, PreferTheSdkOneIsIn) {
  EXPECT_EQ(find_plugin("key-auth", root + "/plugins/wasm-cpp")->sdk.language, Language::Cpp);
  EXPECT_EQ(find_plugin("key_auth", root + "/plugins/wasm-rust/src")->sdk.language, Language::Rust);
  EXPECT_EQ(find_plugin("key_auth", root).error().code, ErrorCode::Refused);
}

TEST_F(PluginFolders, TellWhatIsNoPlugin) {
  EXPECT_EQ(find_plugin("nobody", root).error().code, ErrorCode::NotFound);
  EXPECT_EQ(find_plugin("plugins/wasm-cpp", root).error().code, ErrorCode::NotFound);
}

TEST_F(PluginFolders, ListOwnAndSharedCases) {
  EXPECT_EQ(case_files(*find_plugin("say-hello", root)),
            (std::vector<std::string>{root + "/plugins/wasm-rust/extensions/say-hello/cases/a.yaml",
                                      root + "/plugins/wasm-rust/extensions/say-hello/cases/b.yaml",
                                      root + "/plugins/cases/say-hello/c.yaml"}));
}

// A project beside the tree of PluginFolders, which has no SDK around it.
struct Projects : PluginFolders {
  Projects() {
    touch_in(project, "plugin.cc");
    touch_in(project, "spec.yaml");
    touch_in(project, "cases/a.yaml");
  }
  static void touch_in(const std::string& folder, const std::string& path) {
    fs::create_directories((fs::path(folder) / path).parent_path());
    std::ofstream(folder + "/" + path) << "x";
  }
  TemporaryFolder elsewhere = *TemporaryFolder::make();
  std::string project = fs::canonical(elsewhere.path()).string() + "/mine";
};

TEST_F(Projects, TakeTheNamedSdkOrTheShippedOne) {
  const auto shipped = find_plugin("cases", project, {"", root + "/plugins"});
  ASSERT_TRUE(shipped) << shipped.error().detail;
  EXPECT_TRUE(shipped->is_project);
  EXPECT_EQ(shipped->name, "mine");
  EXPECT_EQ(shipped->folder, project);
  EXPECT_EQ(shipped->sdk.folder, root + "/plugins/wasm-cpp");
  EXPECT_EQ(case_files(*shipped), std::vector<std::string>{project + "/cases/a.yaml"});
  EXPECT_EQ(find_plugin(".", project, {root + "/plugins/wasm-cpp", "/"})->sdk.folder,
            root + "/plugins/wasm-cpp");
  EXPECT_EQ(find_plugin(".", project, {"/", root}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(find_plugin(".", project, {"", "/"}).error().code, ErrorCode::NotFound);
}

TEST_F(Projects, RememberTheirSdkByTheLink) {
  const auto plugin = find_plugin(".", project, {root, "/"});
  ASSERT_TRUE(plugin);
  ASSERT_TRUE(link_sdk(*plugin));
  ASSERT_TRUE(link_sdk(*plugin));
  EXPECT_EQ(fs::read_symlink(project + "/.sdk"), root + "/plugins/wasm-cpp");
  EXPECT_EQ(find_plugin(".", project, {"", "/"})->sdk.folder, root + "/plugins/wasm-cpp");
}

TEST_F(Projects, MayBeInRust) {
  touch_in(project, "Cargo.toml");
  EXPECT_EQ(find_plugin(".", project, {root, "/"})->sdk.language, Language::Rust);
}

}  // namespace
}  // namespace wasmgate::author
