#pragma once
// The Secrets of the configuration, looked up by name, and the placeholders
// `${secret.<name>.<key>}` and
// `${secret.<namespace>/<name>.<key>}` (the key may contain dots) that plug-in configurations hold.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/resource/resources.h"

namespace wasmgate::config {

class Secrets {
 public:
  /// `secrets` outlives it.
  explicit Secrets(const std::vector<SecretResource>& secrets);

  /// One value, or nothing when the secret or the key is missing. Lifetime: the secrets'.
  const std::string* find(const std::string& name_space, const std::string& name,
                          const std::string& key) const;

  /// `text` with every placeholder replaced. A name without namespace is looked up in `name_space`.
  /// Placeholders that cannot be resolved stay and are added to `missing`.
  std::string substitute(std::string_view text, const std::string& name_space,
                         std::vector<std::string>& missing) const;

 private:
  std::optional<std::string> resolve(std::string_view reference,
                                     const std::string& name_space) const;

  std::map<std::string, const SecretResource*> by_name_;
};

}  // namespace wasmgate::config
