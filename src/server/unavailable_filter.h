#pragma once
// Stands in a chain for a plug-in that has no code to run and fails closed: answers 503 with
// Retry-After.

#include <memory>

#include "filter/filter.h"

namespace wasmgate::server {

class UnavailableFactory final : public filter::FilterFactory {
 public:
  filter::FilterPtr create_filter(Arena& memory) override;
};

}  // namespace wasmgate::server
