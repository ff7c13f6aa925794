#include "net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace wasmgate::net {
namespace {

tl::unexpected<Error> not_an_address(std::string_view text) {
  return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not an IP address", text));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<uint32_t> parse_zone(std::string_view zone) {
  if (const auto number = parse_number<uint32_t>(zone)) {
    return number;
  }
  if (zone.empty() || zone.size() >= IF_NAMESIZE) {
    return std::nullopt;
  }
  const uint32_t index = if_nametoindex(std::string(zone).c_str());
  return index == 0 ? std::nullopt : std::optional<uint32_t>(index);
}

}  // namespace

Result<Address> Address::parse(std::string_view ip, uint16_t port) {
  if (ip.find(char{0}) != std::string_view::npos) {
    return not_an_address(ip);
  }
  const size_t percent = ip.find('%');
  const std::string literal(ip.substr(0, percent));
  Address out;
  if (percent == std::string_view::npos &&
      inet_pton(AF_INET, literal.c_str(), &out.storage_.v4.sin_addr) == 1) {
    out.storage_.v4.sin_family = AF_INET;
    out.storage_.v4.sin_port = htons(port);
    return out;
  }
  out = Address();
  if (inet_pton(AF_INET6, literal.c_str(), &out.storage_.v6.sin6_addr) != 1) {
    return not_an_address(ip);
  }
  out.storage_.v6.sin6_family = AF_INET6;
  out.storage_.v6.sin6_port = htons(port);
  if (percent != std::string_view::npos) {
    const auto zone = parse_zone(ip.substr(percent + 1));
    if (!zone) {
      return not_an_address(ip);
    }
    out.storage_.v6.sin6_scope_id = *zone;
  }
  return out;
}

Result<Address> Address::parse_with_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" has no port", text));
  }
  const auto port = parse_number<uint16_t>(text.substr(colon + 1));
  std::string_view ip = text.substr(0, colon);
  if (!port) {
    return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" has no valid port", text));
  }
  const bool bracketed = ip.size() > 1 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) {
    ip = ip.substr(1, ip.size() - 2);
  }
  if (bracketed != (ip.find(':') != std::string_view::npos)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("\"{}\": an IPv6 address with a port needs brackets", text));
  }
  return parse(ip, *port);
}

Address Address::from_sockaddr(const sockaddr* address, socklen_t length) {
  Address out;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    std::memcpy(&out.storage_.v4, address, sizeof(sockaddr_in));
  } else if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    std::memcpy(&out.storage_.v6, address, sizeof(sockaddr_in6));
  }
  return out;
}

uint16_t Address::port() const {
  switch (family()) {
    case AF_INET:
      return ntohs(storage_.v4.sin_port);
    case AF_INET6:
      return ntohs(storage_.v6.sin6_port);
    default:
      return 0;
  }
}

std::string Address::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &storage_.v4.sin_addr, text.data(), text.size());
    return text.data();
  }
  if (family() == AF_INET6) {
    inet_ntop(AF_INET6, &storage_.v6.sin6_addr, text.data(), text.size());
    const uint32_t zone = storage_.v6.sin6_scope_id;
    return zone == 0 ? std::string(text.data()) : fmt::format("{}%{}", text.data(), zone);
  }
  return {};
}

std::string Address::to_string() const {
  if (empty()) {
    return {};
  }
  return family() == AF_INET6 ? fmt::format("[{}]:{}", ip(), port())
                              : fmt::format("{}:{}", ip(), port());
}

socklen_t Address::size() const {
  return family() == AF_INET    ? sizeof(sockaddr_in)
         : family() == AF_INET6 ? sizeof(sockaddr_in6)
                                : 0;
}

bool operator==(const Address& a, const Address& b) {
  if (a.family() != b.family() || a.port() != b.port()) {
    return false;
  }
  if (a.family() == AF_INET) {
    return a.storage_.v4.sin_addr.s_addr == b.storage_.v4.sin_addr.s_addr;
  }
  return std::memcmp(&a.storage_.v6.sin6_addr, &b.storage_.v6.sin6_addr, sizeof(in6_addr)) == 0 &&
         a.storage_.v6.sin6_scope_id == b.storage_.v6.sin6_scope_id;
}

}  // namespace wasmgate::net
