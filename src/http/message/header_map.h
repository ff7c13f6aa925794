#pragma once
// The header fields of one message, in order, with pseudo-header fields (":method", ":path",
// ":authority", ":scheme", ":status") as ordinary entries at the front. Names are lower case. Bytes
// live in the map's own arena, so that a reused map allocates nothing in steady state; entries are
// views into it.
//
// The map knows nothing of framing or of what a field means: rules/ and the codecs do.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"

namespace wasmgate::http {

struct HeaderField {
  std::string_view name;   // lower case
  std::string_view value;  // without surrounding white space
};

class HeaderMap {
 public:
  HeaderMap() = default;
  // A moved-from map is empty and usable.
  HeaderMap(HeaderMap&& other) noexcept
      : fields_(std::move(other.fields_)),
        arena_(std::move(other.arena_)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  HeaderMap& operator=(HeaderMap&& other) noexcept {
    fields_ = std::move(other.fields_);
    arena_ = std::move(other.arena_);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  HeaderMap(const HeaderMap&) = delete;
  HeaderMap& operator=(const HeaderMap&) = delete;

  /// Appends a field; copies both, the name in lower case.
  void add(std::string_view name, std::string_view value);

  /// Appends a field whose bytes outlive this map (string literals) and whose name is lower case
  /// already.
  void add_static(std::string_view name, std::string_view value) { append({name, value}); }

  /// Appends views that store(), store_lower() or allocate() of this map gave; `name` is lower
  /// case.
  void add_stored(std::string_view name, std::string_view value) { append({name, value}); }

  /// Gives the field at `index` another value, which this map stores or which outlives it.
  void replace_stored(size_t index, std::string_view value) {
    bytes_ += value.size() - fields_[index].value.size();
    fields_[index].value = value;
  }

  /// Removes every field for which `predicate(const HeaderField&)` is true. Returns how many there
  /// were.
  template <class Predicate>
  size_t remove_if(Predicate predicate) {
    return std::erase_if(fields_, [&](const HeaderField& field) {
      const bool goes = predicate(field);
      bytes_ -= goes ? bytes_of(field) : 0;
      return goes;
    });
  }

  /// Makes `value` the only value of `name`, at the place of the first one; a new pseudo-header
  /// goes to the front.
  void set(std::string_view name, std::string_view value);

  /// Removes all fields of that name. Returns how many there were.
  size_t remove(std::string_view name);

  /// The first value of `name`. Names compare without ASCII case. Lifetime: until clear().
  std::optional<std::string_view> get(std::string_view name) const;
  bool contains(std::string_view name) const { return get(name).has_value(); }

  /// How many fields have that name.
  size_t count(std::string_view name) const;

  /// All values of `name`, joined: by "; " for cookie, "," otherwise; set-cookie gives its first
  /// value only. Empty optional when absent. One value is given as a view without copying;
  /// `scratch` keeps a joined one.
  std::optional<std::string_view> get_joined(std::string_view name, std::string& scratch) const;

  const std::vector<HeaderField>& fields() const { return fields_; }
  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }

  /// Bytes of all names and values together. Counted along: costs nothing.
  size_t byte_size() const { return bytes_; }

  void clear() {
    fields_.clear();
    arena_.reset();
    bytes_ = 0;
  }

  /// Replaces all contents by a copy of `other`.
  void assign(const HeaderMap& other);

  /// Keeps `text` as long as the map's contents live.
  std::string_view store(std::string_view text) { return arena_.copy(text); }
  std::string_view store_lower(std::string_view text);
  /// `size` bytes of the map's arena, to be filled and shown by add_stored().
  char* allocate(size_t size) { return arena_.allocate(size); }
  void reserve(size_t count) { fields_.reserve(count); }

 private:
  static size_t bytes_of(const HeaderField& field) {
    return field.name.size() + field.value.size();
  }
  void append(const HeaderField& field) {
    fields_.push_back(field);
    bytes_ += bytes_of(field);
  }

  std::vector<HeaderField> fields_;
  Arena arena_;
  size_t bytes_ = 0;
};

/// Equal without regard to ASCII case; both of `size` bytes.
bool equal_ignore_case(const char* a, const char* b, size_t size);

/// Equal without regard to ASCII case. Most names that differ do so in length or in the last letter
/// (families of headers count at their ends), so those two are looked at first.
inline bool equal_ignore_case(std::string_view a, std::string_view b) {
  constexpr char kCase = 0x20;
  return a.size() == b.size() && (a.empty() || (((a.back() ^ b.back()) & ~kCase) == 0 &&
                                                equal_ignore_case(a.data(), b.data(), a.size())));
}

// The well-known names, so that nobody spells them twice.
inline constexpr std::string_view kMethod = ":method";
inline constexpr std::string_view kPath = ":path";
inline constexpr std::string_view kAuthority = ":authority";
inline constexpr std::string_view kScheme = ":scheme";
inline constexpr std::string_view kStatus = ":status";
inline constexpr std::string_view kContentLength = "content-length";
inline constexpr std::string_view kContentType = "content-type";
inline constexpr std::string_view kTransferEncoding = "transfer-encoding";
inline constexpr std::string_view kConnection = "connection";
inline constexpr std::string_view kHost = "host";

/// The status code of a response map, 0 when absent or not three digits.
int status_of(const HeaderMap& headers);

/// Sets ":status" to `status` (100..999).
void set_status(HeaderMap& headers, int status);

/// The value of content-length, when there is exactly one and it is a decimal number ≤ 2^63−1 of at
/// most 19 digits.
std::optional<uint64_t> content_length_of(const HeaderMap& headers);

}  // namespace wasmgate::http
