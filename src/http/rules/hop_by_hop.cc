#include "http/rules/hop_by_hop.h"

#include <array>

#include "http/rules/characters.h"
#include "http/rules/field_names.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {

/// Cuts the first element of a comma-separated list off `list`.
std::string_view next_element(std::string_view& list) {
  const size_t comma = list.find(',');
  const std::string_view element = trim_whitespace(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  return element;
}

constexpr size_t kLongestOption = 64;

/// True when the option names a field that must not go. Longer names than any protected one are
/// free.
bool names_protected_field(std::string_view option) {
  std::array<char, kLongestOption> lower{};
  if (option.size() > lower.size()) {
    return false;
  }
  for (size_t i = 0; i < option.size(); ++i) {
    lower[i] = characters::token_lower(option[i]);
  }
  const std::string_view name(lower.data(), option.size());
  if (name == "transfer-encoding" || name == "connection") {
    return true;
  }
  return is_protected_name(name) && !is_hop_by_hop(name) && name != "trailer";
}

}  // namespace

Refusal read_connection_options(std::string_view value, ConnectionOptions& options) {
  while (!value.empty()) {
    const std::string_view option = next_element(value);
    if (option.empty()) {
      continue;
    }
    if (equal_ignore_case(option, "close")) {
      options.close = true;
    } else if (equal_ignore_case(option, "keep-alive")) {
      options.keep_alive = true;
    } else if (!is_token(option) || names_protected_field(option)) {
      return refusals::kProtectedConnectionOption;
    } else {
      options.names_fields = true;
    }
  }
  return {};
}

void remove_named_fields(HeaderMap& headers, std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = next_element(value);
    if (!option.empty() && option.front() != ':') {
      headers.remove(option);
    }
  }
}

}  // namespace wasmgate::http
