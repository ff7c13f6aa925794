#include "oci/address_class.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace wasmgate::oci {
namespace {

struct Range {
  uint32_t base;
  int bits;
  AddressClass kind;
};

constexpr uint32_t ip(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA's special-purpose registry, IPv4.
constexpr std::array kRanges{
    Range{ip(0, 0, 0, 0), 8, AddressClass::Unspecified},
    Range{ip(127, 0, 0, 0), 8, AddressClass::Loopback},
    Range{ip(169, 254, 0, 0), 16, AddressClass::LinkLocal},
    Range{ip(100, 100, 100, 200), 32, AddressClass::LinkLocal},
    Range{ip(10, 0, 0, 0), 8, AddressClass::Private},
    Range{ip(172, 16, 0, 0), 12, AddressClass::Private},
    Range{ip(192, 168, 0, 0), 16, AddressClass::Private},
    Range{ip(100, 64, 0, 0), 10, AddressClass::Private},
    Range{ip(192, 0, 0, 0), 24, AddressClass::Private},
    Range{ip(192, 0, 2, 0), 24, AddressClass::Private},
    Range{ip(198, 18, 0, 0), 15, AddressClass::Private},
    Range{ip(198, 51, 100, 0), 24, AddressClass::Private},
    Range{ip(203, 0, 113, 0), 24, AddressClass::Private},
    Range{ip(224, 0, 0, 0), 3, AddressClass::Private},
};

AddressClass classify_v4(uint32_t address) {
  for (const Range& range : kRanges) {
    if ((address ^ range.base) >> (32 - range.bits) == 0) {
      return range.kind;
    }
  }
  return AddressClass::Public;
}

uint32_t v4_at(const unsigned char* bytes) { return ip(bytes[0], bytes[1], bytes[2], bytes[3]); }

AddressClass classify_v6(const unsigned char (&a)[16]) {
  const auto zeros = [&](int from, int to) {
    return std::all_of(a + from, a + to, [](unsigned char b) { return b == 0; });
  };
  if (zeros(0, 15) && a[15] <= 1) {
    return a[15] == 1 ? AddressClass::Loopback : AddressClass::Unspecified;
  }
  if (zeros(0, 10) && a[10] == 0xFF && a[11] == 0xFF) {
    return classify_v4(v4_at(a + 12));  // mapped
  }
  if (zeros(0, 12)) {
    return classify_v4(v4_at(a + 12));  // compatible, deprecated
  }
  if (a[0] == 0x20 && a[1] == 0x02) {
    return classify_v4(v4_at(a + 2));  // 6to4
  }
  if (a[0] == 0 && a[1] == 0x64 && a[2] == 0xFF && a[3] == 0x9B) {
    return a[4] == 0 ? classify_v4(v4_at(a + 12)) : AddressClass::Private;  // NAT64
  }
  if (a[0] == 0xFE && (a[1] & 0xC0) == 0x80) {
    return AddressClass::LinkLocal;
  }
  static constexpr unsigned char kMetadata[] = {0xFD, 0x00, 0x0E, 0xC2};
  if (std::memcmp(a, kMetadata, sizeof kMetadata) == 0) {
    return AddressClass::LinkLocal;
  }
  if ((a[0] & 0xE0) != 0x20 || (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0D && a[3] == 0xB8)) {
    return AddressClass::Private;  // outside 2000::/3, or documentation
  }
  return AddressClass::Public;
}

}  // namespace

AddressClass classify_address(std::string_view text) {
  const std::string copy(text.substr(0, text.find('%')));
  in_addr v4{};
  if (::inet_pton(AF_INET, copy.c_str(), &v4) == 1) {
    return classify_v4(ntohl(v4.s_addr));
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, copy.c_str(), &v6) == 1) {
    return classify_v6(v6.s6_addr);
  }
  return AddressClass::NotAnAddress;
}

AddressClass classify_host(std::string_view host) {
  while (host.ends_with(".")) {
    host.remove_suffix(1);
  }
  if (host == "localhost" || host.ends_with(".localhost")) {
    return AddressClass::Loopback;
  }
  if (host == "metadata" || host == "metadata.google.internal" || host == "instance-data") {
    return AddressClass::LinkLocal;
  }
  return classify_address(host);
}

}  // namespace wasmgate::oci
