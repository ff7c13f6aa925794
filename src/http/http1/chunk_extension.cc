#include "http/http1/chunk_extension.h"

#include "http/rules/characters.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {
using characters::is_blank;
}  // namespace

void ChunkExtension::begin_chunk() {
  state_ = State::BeforeName;
  blank_ = false;
  chunk_bytes_ = 1;  // the ";"
  ++total_bytes_;
  refusal_ = {};
}

bool ChunkExtension::may_end() const {
  return !blank_ &&
         (state_ == State::Name || state_ == State::Token || state_ == State::AfterValue);
}

bool ChunkExtension::read(char c) {
  if (c == '\r' && may_end()) {
    return true;
  }
  ++chunk_bytes_;
  ++total_bytes_;
  if (c == '\n') {
    refusal_ = refusals::kBareLf;
  } else if (chunk_bytes_ > limits_.chunk_extension_bytes ||
             total_bytes_ > limits_.chunk_extension_total_bytes) {
    refusal_ = refusals::kBadChunkExtension;
  } else {
    advance(c);
    blank_ = is_blank(c);
  }
  return false;
}

void ChunkExtension::advance(char c) {
  switch (state_) {
    case State::BeforeName:
      if (characters::is_token(c)) {
        state_ = State::Name;
      } else if (!is_blank(c)) {
        refusal_ = refusals::kBadChunkExtension;
      }
      return;
    case State::BeforeValue:
      return read_before_value(c);
    case State::Quoted:
    case State::Escaped:
      return read_quoted(c);
    case State::Name:
    case State::Token:
      if (characters::is_token(c)) {
        return;
      }
      break;
    case State::AfterName:
    case State::AfterValue:
      break;
  }
  read_between(c);
}

/// After a name or a value: white space, "=" (after a name only), or ";".
void ChunkExtension::read_between(char c) {
  const bool name = state_ == State::Name || state_ == State::AfterName;
  if (is_blank(c)) {
    state_ = name ? State::AfterName : State::AfterValue;
  } else if (c == ';') {
    state_ = State::BeforeName;
  } else if (c == '=' && name) {
    state_ = State::BeforeValue;
  } else {
    refusal_ = refusals::kBadChunkExtension;
  }
}

void ChunkExtension::read_before_value(char c) {
  if (c == '"') {
    state_ = State::Quoted;
  } else if (characters::is_token(c)) {
    state_ = State::Token;
  } else if (!is_blank(c)) {
    refusal_ = refusals::kBadChunkExtension;
  }
}

void ChunkExtension::read_quoted(char c) {
  if (!characters::is_value_byte(static_cast<unsigned char>(c))) {
    refusal_ = refusals::kBadChunkExtension;
  } else if (state_ == State::Escaped) {
    state_ = State::Quoted;
  } else if (c == '\\') {
    state_ = State::Escaped;
  } else if (c == '"') {
    state_ = State::AfterValue;
  }
}

}  // namespace wasmgate::http
