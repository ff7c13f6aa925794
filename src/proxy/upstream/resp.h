#pragma once
// As much of Redis' protocol (RESP2) as a pipelined connection needs: where a reply ends, whether a
// query is one whole command that may share a connection with others. The contents stay bytes:
// plug-ins read them.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

struct redisReader;

namespace wasmgate::proxy {

/// Cuts a stream of replies into single ones. hiredis finds the ends.
class RespReader {
 public:
  enum class Outcome : uint8_t { NeedMore, Reply, Malformed };

  RespReader();
  ~RespReader();

  void feed(std::string_view bytes);
  /// The next whole reply, as it came; call until NeedMore. After Malformed nothing more can be
  /// read.
  Outcome next(std::string& reply);
  /// Bytes of the reply that is not whole yet.
  size_t waiting() const { return buffer_.size(); }

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };

  std::unique_ptr<redisReader, Free> reader_;
  std::string buffer_;
};

/// Why a query cannot be sent on a shared connection; empty: it can. It must be exactly one array
/// of bulk strings, and no command that changes the connection for others, turns it into a stream,
/// or blocks it.
std::string_view redis_query_problem(std::string_view query);

/// A command as RESP.
std::string resp_command(std::initializer_list<std::string_view> words);

}  // namespace wasmgate::proxy
