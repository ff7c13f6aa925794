#include "http/message/header_map.h"

#include <algorithm>
#include <cstring>

namespace wasmgate::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool is_pseudo(std::string_view name) { return !name.empty() && name.front() == ':'; }

}  // namespace

bool equal_ignore_case(const char* a, const char* b, size_t size) {
  if (size == 0 || std::memcmp(a, b, size) == 0) {
    return true;
  }
  for (size_t i = 0; i < size; ++i) {
    if (lower(a[i]) != lower(b[i])) {
      return false;
    }
  }
  return true;
}

std::string_view HeaderMap::store_lower(std::string_view text) {
  if (text.empty()) {
    return {};
  }
  char* out = arena_.allocate(text.size());
  std::transform(text.begin(), text.end(), out, lower);
  return {out, text.size()};
}

void HeaderMap::add(std::string_view name, std::string_view value) {
  append({store_lower(name), store(value)});
}

void HeaderMap::set(std::string_view name, std::string_view value) {
  const auto same = [&](const HeaderField& f) { return equal_ignore_case(f.name, name); };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) {
    if (is_pseudo(name)) {
      const auto end = std::find_if(fields_.begin(), fields_.end(),
                                    [](const HeaderField& f) { return !is_pseudo(f.name); });
      bytes_ += name.size() + value.size();
      fields_.insert(end, {store_lower(name), store(value)});
    } else {
      add(name, value);
    }
    return;
  }
  const auto index = static_cast<size_t>(first - fields_.begin());
  replace_stored(index, store(value));
  if (std::find_if(first + 1, fields_.end(), same) != fields_.end()) {
    remove_if(
        [&, kept = fields_.data() + index](const HeaderField& f) { return &f > kept && same(f); });
  }
}

size_t HeaderMap::remove(std::string_view name) {
  return remove_if([&](const HeaderField& f) { return equal_ignore_case(f.name, name); });
}

std::optional<std::string_view> HeaderMap::get(std::string_view name) const {
  for (const HeaderField& f : fields_) {
    if (equal_ignore_case(f.name, name)) {
      return f.value;
    }
  }
  return std::nullopt;
}

size_t HeaderMap::count(std::string_view name) const {
  return static_cast<size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [&](const HeaderField& f) { return equal_ignore_case(f.name, name); }));
}

std::optional<std::string_view> HeaderMap::get_joined(std::string_view name,
                                                      std::string& scratch) const {
  std::optional<std::string_view> found;
  bool joined = false;
  for (const HeaderField& f : fields_) {
    if (!equal_ignore_case(f.name, name)) {
      continue;
    }
    if (!found) {
      found = f.value;
      if (f.name == "set-cookie") {
        return found;
      }
      continue;
    }
    if (!joined) {
      scratch.assign(*found);
      joined = true;
    }
    scratch.append(f.name == "cookie" ? "; " : ",").append(f.value);
  }
  return joined ? std::optional<std::string_view>(scratch) : found;
}

void HeaderMap::assign(const HeaderMap& other) {
  if (this == &other) {
    return;
  }
  clear();
  for (const HeaderField& f : other.fields_) {
    append({store(f.name), store(f.value)});
  }
}

int status_of(const HeaderMap& headers) {
  const auto value = headers.get(kStatus);
  if (!value || value->size() != 3) {
    return 0;
  }
  int status = 0;
  for (const char c : *value) {
    if (c < '0' || c > '9') {
      return 0;
    }
    status = status * 10 + (c - '0');
  }
  return status;
}

void set_status(HeaderMap& headers, int status) { headers.set(kStatus, std::to_string(status)); }

std::optional<uint64_t> content_length_of(const HeaderMap& headers) {
  const HeaderField* only = nullptr;
  for (const HeaderField& field : headers.fields()) {
    if (equal_ignore_case(field.name, kContentLength)) {
      if (only != nullptr) {
        return std::nullopt;
      }
      only = &field;
    }
  }
  if (only == nullptr) {
    return std::nullopt;
  }
  constexpr size_t kMostDigits = 19;  // of 2^63−1; so many never overflow 64 bits
  if (only->value.empty() || only->value.size() > kMostDigits) {
    return std::nullopt;
  }
  uint64_t value = 0;
  for (const char c : only->value) {
    const auto digit = static_cast<uint64_t>(c - '0');
    if (digit > 9) {
      return std::nullopt;
    }
    value = value * 10 + digit;
  }
  return value <= INT64_MAX ? std::optional(value) : std::nullopt;
}

}  // namespace wasmgate::http
