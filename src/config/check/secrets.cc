#include "config/check/secrets.h"

namespace wasmgate::config {

Secrets::Secrets(const std::vector<SecretResource>& secrets) {
  for (const SecretResource& secret : secrets) {
    by_name_.emplace(secret.metadata.full_name(), &secret);
  }
}

const std::string* Secrets::find(const std::string& name_space, const std::string& name,
                                 const std::string& key) const {
  const auto secret = by_name_.find(name_space + "/" + name);
  if (secret == by_name_.end()) {
    return nullptr;
  }
  const auto value = secret->second->data.find(key);
  return value == secret->second->data.end() ? nullptr : &value->second;
}

std::optional<std::string> Secrets::resolve(std::string_view reference,
                                            const std::string& name_space) const {
  const size_t slash = reference.find('/');
  const std::string where =
      slash == std::string_view::npos ? name_space : std::string(reference.substr(0, slash));
  const std::string_view rest = reference.substr(slash == std::string_view::npos ? 0 : slash + 1);
  const size_t dot = rest.find('.');
  if (dot == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string* value =
      find(where, std::string(rest.substr(0, dot)), std::string(rest.substr(dot + 1)));
  return value == nullptr ? std::nullopt : std::optional<std::string>(*value);
}

std::string Secrets::substitute(std::string_view text, const std::string& name_space,
                                std::vector<std::string>& missing) const {
  constexpr std::string_view kOpen = "${secret.";
  std::string out;
  for (;;) {
    const size_t start = text.find(kOpen);
    const size_t end = start == std::string_view::npos ? start : text.find('}', start);
    if (end == std::string_view::npos) {
      return out.append(text);
    }
    out += text.substr(0, start);
    const std::string_view whole = text.substr(start, end - start + 1);
    const auto value =
        resolve(whole.substr(kOpen.size(), whole.size() - kOpen.size() - 1), name_space);
    if (!value) {
      missing.emplace_back(whole);
    }
    out += value ? std::string_view(*value) : whole;
    text.remove_prefix(end + 1);
  }
}

}  // namespace wasmgate::config
