#include "author/plugin_template.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace wasmgate::author {
namespace {

std::set<std::string> paths(const std::vector<NewFile>& files) {
  std::set<std::string> out;
  for (const NewFile& file : files) {
    out.insert(file.path);
  }
  return out;
}

TEST(CheckName, TakesFolderNames) {
  for (const char* name : {"a", "my-plugin", "my_plugin", "v2", "a1-b2"}) {
    EXPECT_EQ(check_name(name, Language::Cpp), "") << name;
    EXPECT_EQ(check_name(name, Language::Rust), "") << name;
  }
}

TEST(CheckName, RefusesWhatIsNoNameInBothLanguages) {
  for (const std::string& name :
       {std::string(), std::string("A"), std::string("1a"), std::string("-a"), std::string("a-"),
        std::string("a--b"), std::string("a_-b"), std::string("a b"), std::string("../a"),
        std::string("a/b"), std::string("\xC3\xA4"), std::string(64, 'a')}) {
    EXPECT_NE(check_name(name, Language::Cpp), "") << name;
  }
}

TEST(CheckName, RefusesRustsWordsForRustOnly) {
  for (const char* name : {"fn", "std", "proc_macro"}) {
    EXPECT_NE(check_name(name, Language::Rust), "") << name;
    EXPECT_EQ(check_name(name, Language::Cpp), "") << name;
  }
}

TEST(TitleOf, MakesWordsOfAName) {
  EXPECT_EQ(title_of("my_new-plugin2", " "), "My New Plugin2");
  EXPECT_EQ(title_of("my_new-plugin2", ""), "MyNewPlugin2");
}

TEST(Instantiate, GivesProjectsFilesAndAPathOfTheirOwn) {
  const EmbeddedFile files[] = {{"common/rust/Cargo.toml", "path = \"@sdk@\""},
                                {"project/common/dot.gitignore", ""},
                                {"project/cpp/compile_flags.txt", ""},
                                {"project/rust/dot.cargo/config.toml", ""}};
  const auto inside = instantiate("auth", Language::Rust, "x", Place::Extensions, files);
  ASSERT_EQ(paths(inside), std::set<std::string>{"Cargo.toml"});
  EXPECT_EQ(inside[0].text, "path = \"../../\"");
  const auto own = instantiate("auth", Language::Rust, "x", Place::Project, files);
  EXPECT_EQ(paths(own), (std::set<std::string>{"Cargo.toml", ".gitignore", ".cargo/config.toml"}));
  EXPECT_EQ(own[0].text, "path = \".sdk\"");
}

TEST(Instantiate, TakesSharedFilesAndThoseOfTheLanguage) {
  const EmbeddedFile files[] = {{"common/rust/Cargo.toml", "name = \"@name@\""},
                                {"common/cpp/x", ""},
                                {"auth/rust/src/plugin.rs", "//! @title@"},
                                {"auth/cpp/plugin.cc", ""},
                                {"auth/cases/@name@.yaml", ""},
                                {"hello/spec.yaml", ""}};
  const auto out = instantiate("auth", Language::Rust, "my-auth", Place::Extensions, files);
  EXPECT_EQ(paths(out),
            (std::set<std::string>{"Cargo.toml", "src/plugin.rs", "cases/my-auth.yaml"}));
  EXPECT_EQ(out[0].text, "name = \"my-auth\"");
  EXPECT_EQ(out[1].text, "//! My Auth");
}

TEST(EmbeddedFiles, HaveEveryTemplateInBothLanguages) {
  for (const TemplateInfo& info : templates()) {
    const auto cpp =
        paths(instantiate(info.name, Language::Cpp, "x", Place::Extensions, embedded_files()));
    const auto rust =
        paths(instantiate(info.name, Language::Rust, "x", Place::Extensions, embedded_files()));
    for (const char* path : {"README.md", "spec.yaml", "plugin.cc", "plugin.h", "plugin_test.cc"}) {
      EXPECT_TRUE(cpp.contains(path)) << info.name << " " << path;
    }
    for (const char* path : {"README.md", "spec.yaml", "Cargo.toml", "src/lib.rs", "src/plugin.rs",
                             "src/plugin_test.rs"}) {
      EXPECT_TRUE(rust.contains(path)) << info.name << " " << path;
    }
    EXPECT_TRUE(std::any_of(rust.begin(), rust.end(), [](const std::string& p) {
      return p.starts_with("cases/");
    })) << info.name;
  }
}

TEST(EmbeddedFiles, LeaveNoPlaceholder) {
  for (const TemplateInfo& info : templates()) {
    for (const Language language : {Language::Cpp, Language::Rust}) {
      for (const NewFile& file :
           instantiate(info.name, language, "x", Place::Project, embedded_files())) {
        EXPECT_EQ(file.text.find("@name@") + file.text.find("@title@") + file.text.find("@Class@"),
                  std::string::npos * 3)
            << file.path;
      }
    }
  }
}

}  // namespace
}  // namespace wasmgate::author
