// What the authentication plug-ins have in common: the consumer header and their replies.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "proxy_wasm_intrinsics.h"

namespace wasmgate::sdk {

inline constexpr std::string_view kConsumerHeader = "x-mse-consumer";
inline constexpr std::string_view kConsumerProperty = "mse_consumer";

/// Removes a consumer header that the client sent. One that an earlier authentication plug-in of
/// the stream has set stays. To be called at request headers, whatever the configuration says.
void remove_client_consumer();

/// Tells upstream and later plug-ins who the consumer is. To be called after every check has
/// passed.
void set_consumer(std::string_view name);

/// `scheme realm="…"` with the realm as a quoted string (RFC 9110 §5.6.4).
std::string challenge(std::string_view scheme, std::string_view realm);

using AllowList = std::optional<std::reference_wrapper<const std::unordered_set<std::string>>>;

/// True when `consumer` may pass a rule. Without a name (anonymous credentials), or without a list,
/// everyone may.
bool is_admitted(const std::string& consumer, const AllowList& allow);

}  // namespace wasmgate::sdk
