#include "http/rules/folding_names.h"

#include <algorithm>
#include <string>

#include "http/rules/field_names.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {

char fold(char c) { return c == '_' || c == '.' ? '-' : c; }

bool folds(std::string_view name) { return name.find_first_of("_.") != std::string_view::npos; }

bool same_when_folded(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return fold(x) == fold(y); });
}

bool imitates(const HeaderMap& headers, std::string_view name) {
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(), fold);
  if (is_protected_name(folded)) {
    return true;
  }
  return std::any_of(headers.fields().begin(), headers.fields().end(),
                     [&](const HeaderField& other) {
                       return other.name != name && same_when_folded(other.name, name);
                     });
}

}  // namespace

Refusal check_folding_names(HeaderMap& headers, bool drop) {
  const auto bad = [&](const HeaderField& field) {
    return folds(field.name) && imitates(headers, field.name);
  };
  if (!drop) {
    const bool any = std::any_of(headers.fields().begin(), headers.fields().end(), bad);
    return any ? refusals::kFoldingName : Refusal{};
  }
  std::vector<std::string_view> names;
  for (const HeaderField& field : headers.fields()) {
    if (bad(field)) {
      names.push_back(field.name);
    }
  }
  headers.remove_if([&](const HeaderField& field) {
    return std::find(names.begin(), names.end(), field.name) != names.end();
  });
  return {};
}

}  // namespace wasmgate::http
