#pragma once
// What kind of network an address belongs to. A registry on the internet must not send our
// credentials, or our requests, into the private network around the gateway.

#include <string_view>

namespace wasmgate::oci {

enum class AddressClass { Public, Private, Loopback, LinkLocal, Unspecified, NotAnAddress };

/// `text`: an IPv4 or IPv6 literal without brackets; other spellings ("0x7f.1") are NotAnAddress
/// and are judged after resolution. IPv4 inside IPv6 (mapped, 6to4, NAT64) is judged by its IPv4.
/// Private: RFC 1918, RFC 6598, RFC 4193, benchmark, documentation, multicast and reserved ranges.
/// LinkLocal has the cloud metadata services.
AddressClass classify_address(std::string_view text);

/// The same for host names as written: "localhost" and names under it are Loopback, cloud metadata
/// names LinkLocal.
AddressClass classify_host(std::string_view host);

}  // namespace wasmgate::oci
