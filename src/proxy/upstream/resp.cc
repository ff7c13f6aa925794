#include "proxy/upstream/resp.h"

#include <fmt/format.h>
#include <hiredis/read.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace wasmgate::proxy {
namespace {

// They change the connection's state (user, database, transaction, protocol), make it a stream, or
// hold it up.
constexpr std::array<std::string_view, 30> kNotShared{
    "AUTH",        "SELECT",       "HELLO",        "RESET",     "QUIT",       "CLIENT",
    "READONLY",    "READWRITE",    "ASKING",       "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE",
    "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR",   "SYNC",       "PSYNC",
    "MULTI",       "EXEC",         "DISCARD",      "WATCH",     "UNWATCH",    "BLPOP",
    "BRPOP",       "BRPOPLPUSH",   "BLMOVE",       "BLMPOP",    "WAIT",       "WAITAOF"};
constexpr std::array<std::string_view, 3> kBlockingSets{"BZPOPMIN", "BZPOPMAX", "BZMPOP"};

std::string upper(std::string_view word) {
  std::string out(word);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

/// "<mark><number>\r\n" off the front of `text`.
std::optional<size_t> take_number(std::string_view& text, char mark) {
  size_t number = 0;
  if (text.empty() || text[0] != mark) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  const size_t used = static_cast<size_t>(end - text.data());
  if (error != std::errc() || text.substr(used, 2) != "\r\n") {
    return std::nullopt;
  }
  text.remove_prefix(used + 2);
  return number;
}

std::optional<std::string_view> take_bulk(std::string_view& text) {
  const auto size = take_number(text, '$');
  if (!size || *size > text.size() || text.substr(*size, 2) != "\r\n") {
    return std::nullopt;
  }
  const std::string_view bulk = text.substr(0, *size);
  text.remove_prefix(*size + 2);
  return bulk;
}

bool may_share(const std::string& command, bool blocks) {
  const bool listed =
      std::find(kNotShared.begin(), kNotShared.end(), command) != kNotShared.end() ||
      std::find(kBlockingSets.begin(), kBlockingSets.end(), command) != kBlockingSets.end();
  return !listed && !(blocks && (command == "XREAD" || command == "XREADGROUP"));
}

}  // namespace

RespReader::RespReader() : reader_(redisReaderCreateWithFunctions(nullptr)) {}
RespReader::~RespReader() = default;
void RespReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

void RespReader::feed(std::string_view bytes) {
  buffer_.append(bytes);
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

RespReader::Outcome RespReader::next(std::string& reply) {
  void* object = nullptr;  // without functions that make objects, only a mark
  if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK) {
    return Outcome::Malformed;
  }
  if (object == nullptr) {
    return Outcome::NeedMore;
  }
  const size_t left = reader_->len - reader_->pos;
  reply = buffer_.substr(0, buffer_.size() - left);
  buffer_.erase(0, reply.size());
  return Outcome::Reply;
}

std::string_view redis_query_problem(std::string_view query) {
  constexpr std::string_view kShape = "is not exactly one array of bulk strings";
  const auto count = take_number(query, '*');
  if (!count || *count == 0) {
    return kShape;
  }
  std::string command;
  bool blocks = false;
  for (size_t i = 0; i < *count; ++i) {
    const auto word = take_bulk(query);
    if (!word) {
      return kShape;
    }
    if (i == 0) {
      command = upper(*word);
    } else {
      blocks |= word->size() == 5 && upper(*word) == "BLOCK";
    }
  }
  if (!query.empty()) {
    return kShape;
  }
  return may_share(command, blocks) ? std::string_view()
                                    : "is a command that a shared connection cannot carry";
}

std::string resp_command(std::initializer_list<std::string_view> words) {
  std::string out = fmt::format("*{}\r\n", words.size());
  for (const std::string_view word : words) {
    out += fmt::format("${}\r\n{}\r\n", word.size(), word);
  }
  return out;
}

}  // namespace wasmgate::proxy
