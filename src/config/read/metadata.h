#pragma once
// Reads `metadata`, which all resources share, and checks the names that become parts of routes,
// clusters and file names.

#include <string>
#include <string_view>

#include "config/read/object_reader.h"
#include "config/resource/resources.h"

namespace wasmgate::config {

/// `default_namespace`: for a resource that names none.
Metadata read_metadata(ObjectReader& root, std::string_view default_namespace);

/// A DNS subdomain as Kubernetes defines it: lower-case letters, digits, `-` and `.`, at most 253
/// bytes.
bool is_resource_name(std::string_view text);
/// One label of it, at most 63 bytes: namespaces, Services, port names.
bool is_dns_label(std::string_view text);

/// Adds an error for annotations `wasmgate.io/…` that are none of `known` (names without the
/// prefix).
void check_own_annotations(const Metadata& metadata, std::initializer_list<std::string_view> known,
                           ReadContext& context);

/// The prefix of our own annotations.
inline constexpr std::string_view kOwnPrefix = "wasmgate.io/";

}  // namespace wasmgate::config
