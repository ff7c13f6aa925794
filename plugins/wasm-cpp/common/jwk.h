// One key of a JSON Web Key Set, and the check of one signature with it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "json_util.h"

namespace wasmgate::sdk {

class Jwk {
 public:
  virtual ~Jwk() = default;

  /// Reads one key. Null with an empty `error`: a type or curve that is not known here. Null with
  /// an error: malformed.
  static std::unique_ptr<Jwk> parse(const Wasm::Common::JsonObject& object, std::string& error);

  /// True when this key may check a token with this algorithm and key id.
  bool fits(std::string_view algorithm, const std::optional<std::string>& key_id) const;
  virtual bool verify(std::string_view algorithm, std::string_view text,
                      std::string_view signature) const = 0;

 protected:
  /// True for the algorithms that keys of this type are for.
  virtual bool supports(std::string_view algorithm) const = 0;

 private:
  std::optional<std::string> key_id_;
  std::optional<std::string> algorithm_;
};

/// True for every algorithm that some key type supports.
bool is_jwt_algorithm(std::string_view algorithm);

}  // namespace wasmgate::sdk
