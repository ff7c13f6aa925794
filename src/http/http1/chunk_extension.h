#pragma once
// Reads the extensions of one chunk-size line only to judge them (RFC 9112 §7.1.1; rule 32): they
// are never kept or forwarded.
//
//   chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )       the first ";"
//   is read already

#include <cstdint>

#include "http/codec/limits.h"
#include "http/codec/refusal.h"

namespace wasmgate::http {

class ChunkExtension {
 public:
  explicit ChunkExtension(const MessageLimits& limits) : limits_(limits) {}

  void begin_message() { total_bytes_ = 0; }
  /// Starts after the ";" that follows a chunk size.
  void begin_chunk();

  /// Reads one byte. Returns true when it was the CR that ends the line.
  bool read(char c);
  /// Rule 32 for bad grammar or too many bytes, rule 1 for a bare LF.
  const Refusal& refusal() const { return refusal_; }

 private:
  enum class State : uint8_t {
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Token,
    Quoted,
    Escaped,
    AfterValue
  };

  bool may_end() const;
  void advance(char c);
  void read_between(char c);
  void read_quoted(char c);
  void read_before_value(char c);

  const MessageLimits& limits_;
  State state_ = State::BeforeName;
  bool blank_ = false;  // white space was read last: ";" or "=" must follow
  uint64_t chunk_bytes_ = 0;
  uint64_t total_bytes_ = 0;
  Refusal refusal_;
};

}  // namespace wasmgate::http
