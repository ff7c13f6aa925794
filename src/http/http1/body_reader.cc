#include "http/http1/body_reader.h"

#include <algorithm>

#include "http/rules/body_framing.h"
#include "http/rules/characters.h"
#include "http/rules/refusals.h"

namespace wasmgate::http {
namespace {
constexpr unsigned kMostSizeDigits = 16;
}

void BodyReader::begin(BodyKind kind, uint64_t length) {
  kind_ = kind;
  refusal_ = {};
  size_digits_ = 0;
  left_ = kind == BodyKind::Length ? length : 0;
  switch (kind) {
    case BodyKind::None:
      state_ = State::Done;
      break;
    case BodyKind::Length:
      state_ = length == 0 ? State::Done : State::Data;
      break;
    case BodyKind::Chunked:
      state_ = State::Size;
      extension_.begin_message();
      trailers_.begin(HeadKind::Trailers);
      break;
    case BodyKind::UntilClose:
      state_ = State::Data;
      break;
  }
}

BodyStep BodyReader::step(std::string_view bytes) {
  BodyStep step;
  while (step.used < bytes.size() && step.data.empty() && !done() && !refusal_) {
    if (state_ == State::Data) {
      step.used += read_data(bytes.substr(step.used), step);
    } else if (state_ == State::Trailers) {
      step.used += trailers_.feed(bytes.substr(step.used));
      refuse(trailers_.refusal());
      state_ = trailers_.done() ? State::Done : State::Trailers;
    } else {
      read_framing_byte(bytes[step.used]);
      ++step.used;
    }
  }
  return step;
}

size_t BodyReader::read_data(std::string_view bytes, BodyStep& step) {
  if (kind_ == BodyKind::UntilClose) {
    step.data = bytes;
    return bytes.size();
  }
  const size_t size = static_cast<size_t>(std::min<uint64_t>(bytes.size(), left_));
  step.data = bytes.substr(0, size);
  left_ -= size;
  if (left_ == 0) {
    state_ = kind_ == BodyKind::Length ? State::Done : State::DataCr;
  }
  return size;
}

void BodyReader::read_framing_byte(char c) {
  switch (state_) {
    case State::Size:
      return read_size_byte(c);
    case State::Extension:
      if (extension_.read(c)) {
        state_ = State::SizeLf;
      }
      return refuse(extension_.refusal());
    case State::SizeLf:
      return c == '\n' ? end_size_line() : refuse(refusals::kBareCr);
    case State::DataCr:
      state_ = State::DataLf;
      if (c != '\r') {
        refuse(c == '\n' ? refusals::kBareLf : refusals::kBadChunkEnd);
      }
      return;
    case State::DataLf:
      state_ = State::Size;
      return c == '\n' ? void() : refuse(refusals::kBareCr);
    case State::Data:
    case State::Trailers:
    case State::Done:
      return;
  }
}

void BodyReader::read_size_byte(char c) {
  if (const int digit = characters::hex_value(c); digit >= 0) {
    left_ = left_ << 4U | static_cast<unsigned>(digit);
    if (++size_digits_ > kMostSizeDigits || left_ > kLargestLength) {
      refuse(refusals::kBadChunkSize);
    }
  } else if (c == '\n') {
    refuse(refusals::kBareLf);
  } else if (size_digits_ == 0) {
    refuse(refusals::kBadChunkSize);
  } else if (c == '\r') {
    state_ = State::SizeLf;
  } else if (c == ';') {
    state_ = State::Extension;
    extension_.begin_chunk();
  } else {
    refuse(refusals::kBadChunkSize);
  }
}

void BodyReader::end_size_line() {
  state_ = left_ == 0 ? State::Trailers : State::Data;
  size_digits_ = 0;
}

}  // namespace wasmgate::http
