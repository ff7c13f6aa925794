#include "http/rules/forwarded.h"

namespace wasmgate::http {

void apply_forwarded(HeaderMap& headers, std::string_view client_address, std::string_view scheme) {
  headers.remove_if([](const HeaderField& field) {
    const std::string_view name = field.name;
    return name.starts_with("x-forwarded-") || name.starts_with("x-envoy-") || name == "forwarded";
  });
  headers.add_stored("x-forwarded-for", headers.store(client_address));
  headers.add_stored("x-forwarded-proto", headers.store(scheme));
}

}  // namespace wasmgate::http
