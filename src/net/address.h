#pragma once
// IP addresses with a port: parsed from and written as text, never looked up (that is
// dns_resolver.h).

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wasmgate::net {

class Address {
 public:
  /// No address; family() is AF_UNSPEC.
  Address() = default;

  /// `ip`: an IPv4 or IPv6 literal, without brackets, IPv6 perhaps with a zone ("fe80::1%eth0" or
  /// "%2"). Errors: InvalidArgument for anything else, host names included.
  static Result<Address> parse(std::string_view ip, uint16_t port);

  /// "127.0.0.1:80" or "[::1]:80". Errors: InvalidArgument.
  static Result<Address> parse_with_port(std::string_view text);

  static Address from_sockaddr(const sockaddr* address, socklen_t length);

  int family() const { return storage_.plain.sa_family; }
  bool empty() const { return family() == AF_UNSPEC; }
  uint16_t port() const;

  /// "127.0.0.1", "::1", "fe80::1%2".
  std::string ip() const;
  /// "127.0.0.1:80", "[::1]:80"; "" when empty.
  std::string to_string() const;

  const sockaddr* data() const { return &storage_.plain; }
  socklen_t size() const;

  /// Address bytes and port; the zone too.
  friend bool operator==(const Address& a, const Address& b);

 private:
  union Storage {
    sockaddr plain;
    sockaddr_in v4;
    sockaddr_in6 v6;
    Storage() : v6{} {}
  };
  Storage storage_;
};

}  // namespace wasmgate::net
