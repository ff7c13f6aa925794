// Comparing secrets without telling by time how much of them is right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace wasmgate::sdk {

/// True when both texts are equal. The time depends on their lengths only.
inline bool constant_time_equals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return false;
  }
  volatile unsigned char difference = 0;
  for (size_t index = 0; index < a.size(); ++index) {
    difference = difference | static_cast<unsigned char>(a[index] ^ b[index]);
  }
  return difference == 0;
}

/// Secrets with something attached to each. A lookup costs one hash access however many there are;
/// candidates are found by a 64-bit hash of the whole text and compared in constant time.
template <typename T>
class CredentialMap {
 public:
  /// Returns false, and changes nothing, when the secret is there already.
  bool insert(std::string_view secret, T value) {
    if (find(secret) != nullptr) {
      return false;
    }
    entries_.emplace(hash(secret), Entry{std::string(secret), std::move(value)});
    return true;
  }
  /// What is attached to `secret`; null when it is unknown.
  const T* find(std::string_view secret) const {
    const auto [first, last] = entries_.equal_range(hash(secret));
    for (auto candidate = first; candidate != last; ++candidate) {
      if (constant_time_equals(candidate->second.secret, secret)) {
        return &candidate->second.value;
      }
    }
    return nullptr;
  }
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string secret;
    T value;
  };
  /// FNV-1a, 64 bits.
  static uint64_t hash(std::string_view text) {
    uint64_t value = 0xcbf29ce484222325;
    for (const char c : text) {
      value = (value ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    }
    return value;
  }
  std::unordered_multimap<uint64_t, Entry> entries_;
};

}  // namespace wasmgate::sdk
