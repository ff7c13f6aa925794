// What model_mapper and model_router have in common: which requests they look at, the size of the
// bodies they hold, and giving the memory of large bodies back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config_reader.h"

namespace wasmgate::sdk {

inline constexpr size_t kModelBodyLimitBytes = 104857600;

/// Path endings of the model APIs that are looked at without configuration.
std::vector<std::string> default_model_path_suffixes();

/// Adds `enableOnPathSuffix` to `suffixes`.
void read_path_suffixes(ConfigReader& reader, std::vector<std::string>& suffixes);

/// True when the current request's path, without query, has one of the endings ("*": any).
bool path_has_suffix(const std::vector<std::string>& suffixes);

/// Makes the host hold a body of up to kModelBodyLimitBytes, whose length may change.
void prepare_for_body();

/// Answers 413.
void refuse_large_body();

/// Asks the host for a fresh VM every 1000 requests, or when this one's memory has grown to 200
/// MiB: a module cannot give memory back.
class VmRecycler {
 public:
  void count_request();

 private:
  uint32_t requests_ = 0;
};

}  // namespace wasmgate::sdk
