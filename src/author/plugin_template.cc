#include "author/plugin_template.h"

#include <algorithm>
#include <array>

namespace wasmgate::author {
namespace {

constexpr TemplateInfo kTemplates[] = {
    {"hello", "adds a configured header to the request"},
    {"block", "refuses requests whose path has a configured text"},
    {"auth", "admits requests with a known token, and tells upstream whose it is"},
    {"transform", "sets fields of a JSON request body"},
    {"callout", "asks a service before it lets a request pass"},
    {"ratelimit", "limits requests per minute and caller, over all workers"},
};

constexpr size_t kMostNameBytes = 63;

// Names that cargo refuses or that would hide a crate the SDK uses.
constexpr std::array<std::string_view, 60> kRustWords = {
    "abstract", "alloc",  "as",       "async",  "await",       "become", "box",        "break",
    "build",    "const",  "continue", "core",   "crate",       "deps",   "do",         "dyn",
    "else",     "enum",   "examples", "extern", "false",       "final",  "fn",         "for",
    "gen",      "if",     "impl",     "in",     "incremental", "let",    "loop",       "macro",
    "match",    "mod",    "move",     "mut",    "override",    "priv",   "proc-macro", "pub",
    "ref",      "return", "serde",    "static", "std",         "struct", "super",      "test",
    "trait",    "true",   "try",      "type",   "typeof",      "unsafe", "unsized",    "use",
    "virtual",  "where",  "while",    "yield"};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == '-' || c == '_'; }

std::string replaced(std::string_view text, std::string_view name, Place place) {
  const std::pair<std::string_view, std::string> words[] = {
      {"@name@", std::string(name)},
      {"@title@", title_of(name, " ")},
      {"@Class@", title_of(name, "")},
      {"@sdk@", place == Place::Project ? kSdkLink : "../../"}};
  std::string out(text);
  for (const auto& [word, value] : words) {
    for (size_t at = out.find(word); at != std::string::npos;
         at = out.find(word, at + value.size())) {
      out.replace(at, word.size(), value);
    }
  }
  return out;
}

// "dot.cargo/config.toml" is ".cargo/config.toml".
std::string with_dot(std::string path) {
  constexpr std::string_view kDot = "dot.";
  return path.starts_with(kDot) ? path.substr(kDot.size() - 1) : path;
}

// Where an embedded file goes in the plug-in's folder; empty: it is not part of this plug-in.
std::string target_of(std::string_view path, std::string_view template_name, Language language,
                      Place place) {
  const auto below = [&](const std::string& folder) {
    return path.starts_with(folder) ? std::string(path.substr(folder.size())) : std::string();
  };
  const std::string word(to_string(language));
  if (const std::string common = below("common/" + word + "/"); !common.empty()) {
    return common;
  }
  for (const std::string& folder : {std::string("project/common/"), "project/" + word + "/"}) {
    if (const std::string own = below(folder); !own.empty()) {
      return place == Place::Project ? with_dot(own) : "";
    }
  }
  if (const std::string own = below(std::string(template_name) + "/" + word + "/"); !own.empty()) {
    return own;
  }
  const std::string shared = below(std::string(template_name) + "/");
  return shared.starts_with("cpp/") || shared.starts_with("rust/") ? std::string() : shared;
}

}  // namespace

std::span<const TemplateInfo> templates() { return kTemplates; }

std::string title_of(std::string_view name, std::string_view between) {
  std::string out;
  bool first = true;
  for (const char c : name) {
    if (is_separator(c)) {
      out += between;
      first = true;
      continue;
    }
    out += first && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    first = false;
  }
  return out;
}

std::vector<NewFile> instantiate(std::string_view template_name, Language language,
                                 std::string_view name, Place place,
                                 std::span<const EmbeddedFile> files) {
  std::vector<NewFile> out;
  for (const EmbeddedFile& file : files) {
    const std::string target = target_of(file.path, template_name, language, place);
    if (!target.empty()) {
      out.push_back({replaced(target, name, place), replaced(file.text, name, place)});
    }
  }
  return out;
}

std::string check_name(std::string_view name, Language language) {
  if (name.empty() || !is_lower(name.front())) {
    return "a name begins with a lower-case letter";
  }
  if (name.size() > kMostNameBytes) {
    return "a name has at most " + std::to_string(kMostNameBytes) + " characters";
  }
  for (size_t i = 0; i < name.size(); ++i) {
    if (!is_lower(name[i]) && !is_digit(name[i]) && !is_separator(name[i])) {
      return "a name has lower-case letters, digits, - and _ only";
    }
    if (is_separator(name[i]) && (i + 1 == name.size() || is_separator(name[i + 1]))) {
      return "in a name, - and _ stand between letters or digits";
    }
  }
  const bool reserved = std::any_of(kRustWords.begin(), kRustWords.end(),
                                    [&](std::string_view word) { return same_name(word, name); });
  return language == Language::Rust && reserved ? "Rust keeps this word for itself" : "";
}

}  // namespace wasmgate::author
