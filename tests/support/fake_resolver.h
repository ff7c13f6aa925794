#pragma once
// A resolver whose answers a test gives by hand.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "net/dns_resolver.h"

namespace wasmgate::testing {

class FakeResolver final : public net::DnsResolver {
 public:
  std::unique_ptr<net::DnsQuery> resolve(const std::string& name, uint16_t port,
                                         Handler handler) override {
    auto query = std::make_unique<Query>(*this, next_id_);
    asked.push_back(name);
    waiting_.emplace(next_id_++, Waiting{port, std::move(handler)});
    return query;
  }

  size_t waiting() const { return waiting_.size(); }

  /// Answers every open question with these IP literals.
  void answer(const std::vector<std::string>& ips, std::chrono::seconds ttl) {
    for (auto& [id, question] : std::exchange(waiting_, {})) {
      net::DnsAnswer out;
      out.ttl = ttl;
      for (const std::string& ip : ips) {
        out.addresses.push_back(*net::Address::parse(ip, question.port));
      }
      question.handler(std::move(out));
    }
  }
  void fail_all() {
    for (auto& [id, question] : std::exchange(waiting_, {})) {
      question.handler(fail(ErrorCode::NotFound, "no such name"));
    }
  }

  std::vector<std::string> asked;

 private:
  struct Waiting {
    uint16_t port;
    Handler handler;
  };
  class Query final : public net::DnsQuery {
   public:
    Query(FakeResolver& owner, size_t id) : owner_(owner), id_(id) {}
    ~Query() override { owner_.waiting_.erase(id_); }

   private:
    FakeResolver& owner_;
    size_t id_;
  };

  std::map<size_t, Waiting> waiting_;
  size_t next_id_ = 0;
};

}  // namespace wasmgate::testing
