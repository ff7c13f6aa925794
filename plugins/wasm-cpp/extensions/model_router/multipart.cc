#include "multipart.h"

#include <algorithm>

#include "common_util.h"
#include "http_util.h"

namespace {

using namespace Wasm::Common;

constexpr size_t kBoundaryLimit = 70;
constexpr std::string_view kLineEnd = "\r\n";

/// The value of parameter `name` of a header value like "form-data; name=\"x\"". Quotes are
/// removed, and inside them a backslash takes the next character as it is.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  size_t at = header.find(';');
  while (at != std::string_view::npos && at < header.size()) {
    ++at;
    const size_t equals = header.find('=', at);
    if (equals == std::string_view::npos) {
      return std::nullopt;
    }
    const bool wanted = equalsIgnoreCase(trim(header.substr(at, equals - at)), name);
    std::string value;
    at = equals + 1;
    if (at < header.size() && header[at] == '"') {
      for (++at; at < header.size() && header[at] != '"'; ++at) {
        at += header[at] == '\\' && at + 1 < header.size() ? 1 : 0;
        value += header[at];
      }
      at = header.find(';', at);
    } else {
      const size_t end = header.find(';', at);
      value = trim(header.substr(at, end == std::string_view::npos ? end : end - at));
      at = end;
    }
    if (wanted) {
      return value;
    }
  }
  return std::nullopt;
}

/// True when a part's headers name the form field `field`.
bool headNames(std::string_view head, std::string_view field) {
  while (!head.empty()) {
    const size_t end = std::min(head.find(kLineEnd), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + kLineEnd.size(), head.size()));
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos &&
        equalsIgnoreCase(trim(line.substr(0, colon)), "content-disposition")) {
      return parameter(line.substr(colon + 1), "name") == field;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> multipartBoundary(std::string_view content_type) {
  if (!Http::isMediaType(content_type, Http::ContentTypeValues::MultipartFormData)) {
    return std::nullopt;
  }
  auto boundary = parameter(content_type, "boundary");
  return boundary && !boundary->empty() && boundary->size() <= kBoundaryLimit ? boundary
                                                                              : std::nullopt;
}

MultipartScanner::MultipartScanner(std::string_view boundary, std::string field)
    : delimiter_("\r\n--" + std::string(boundary)), field_(std::move(field)) {}

MultipartScanner::Result MultipartScanner::scan(std::string_view data) {
  data_ = data;
  while (step()) {
  }
  data_ = {};
  return result_;
}

bool MultipartScanner::step() {
  switch (state_) {
    case State::Preamble:
      return passPreamble();
    case State::AfterDelimiter:
      return passDelimiterEnd();
    case State::Head:
      return passHead();
    case State::SkippedBody:
      return passSkippedBody();
    case State::WantedBody:
      return takeWantedBody();
    case State::Done:
      return false;
  }
  return false;
}

bool MultipartScanner::passPreamble() {
  // The first delimiter may stand at the very start, without its line end.
  const std::string_view at_start = std::string_view(delimiter_).substr(kLineEnd.size());
  if (position_ == 0) {
    if (data_.size() < at_start.size()) {
      return false;
    }
    if (data_.substr(0, at_start.size()) == at_start) {
      advance(at_start.size());
      state_ = State::AfterDelimiter;
      return true;
    }
  }
  return passSkippedBody();
}

bool MultipartScanner::passSkippedBody() {
  const size_t found = data_.find(delimiter_);
  if (found == std::string_view::npos) {
    // Nothing before a possible beginning of the delimiter is needed again.
    const size_t keep = std::min(data_.size(), delimiter_.size() - 1);
    advance(data_.size() - keep);
    return false;
  }
  advance(found + delimiter_.size());
  state_ = State::AfterDelimiter;
  return true;
}

bool MultipartScanner::passDelimiterEnd() {
  if (data_.size() < 2) {
    return false;
  }
  if (data_.substr(0, 2) == "--") {
    return finish(Result::Finished);
  }
  const size_t text = data_.find_first_not_of(" \t");
  if (text == std::string_view::npos || data_.size() < text + kLineEnd.size()) {
    return data_.size() > kHeadLimitBytes ? finish(Result::Finished) : false;
  }
  if (data_.substr(text, kLineEnd.size()) != kLineEnd) {
    // A longer boundary that begins like ours: not a delimiter.
    state_ = State::SkippedBody;
    return true;
  }
  // The line end stays: a part without headers has it right before the empty line.
  advance(text);
  state_ = State::Head;
  return true;
}

bool MultipartScanner::passHead() {
  const size_t end = data_.find("\r\n\r\n");
  if (end == std::string_view::npos || end > kHeadLimitBytes) {
    return data_.size() > kHeadLimitBytes ? finish(Result::Finished) : false;
  }
  const std::string_view head =
      end == 0 ? std::string_view() : data_.substr(kLineEnd.size(), end - kLineEnd.size());
  const bool wanted = headNames(head, field_);
  // The empty line's end may begin the next delimiter when the part is empty.
  advance(wanted ? end + 4 : end + 2);
  value_begin_ = position_;
  state_ = wanted ? State::WantedBody : State::SkippedBody;
  return true;
}

bool MultipartScanner::takeWantedBody() {
  const std::string_view at_start = std::string_view(delimiter_).substr(kLineEnd.size());
  const bool empty = data_.substr(0, at_start.size()) == at_start;
  const size_t end = empty ? 0 : data_.find(delimiter_);
  if (end == std::string_view::npos) {
    return data_.size() > kValueLimitBytes ? finish(Result::Finished) : false;
  }
  value_ = data_.substr(0, end);
  return finish(Result::Found);
}

bool MultipartScanner::finish(Result result) {
  result_ = result;
  state_ = State::Done;
  return false;
}

void MultipartScanner::advance(size_t count) {
  data_.remove_prefix(count);
  position_ += count;
}
