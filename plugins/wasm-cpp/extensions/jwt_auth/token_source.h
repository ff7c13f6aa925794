// Where the tokens of a consumer stand in a request.
#pragma once

#include <string>
#include <vector>

#include "config_reader.h"

class TokenSource {
 public:
  /// Reads from_headers, from_params and from_cookies. If all are absent or empty: the header
  /// Authorization with "Bearer ", and the parameter access_token.
  void read(wasmgate::sdk::ConfigReader& reader);
  /// Every token of the current request: headers (by name and prefix), query, cookies.
  std::vector<std::string> extract() const;
  /// Takes the tokens out of the request.
  void removeFromRequest() const;

 private:
  struct HeaderPlace {
    std::string name;
    std::string value_prefix;
  };

  std::vector<HeaderPlace> headers_;
  std::vector<std::string> params_;
  std::vector<std::string> cookies_;
};
