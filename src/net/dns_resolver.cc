#include "net/dns_resolver.h"

#include <ares.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <map>

#include "base/check.h"

namespace wasmgate::net {
namespace {

constexpr int kTimeoutMilliseconds = 2000;
constexpr int kTries = 2;

ErrorCode code_of(int status) {
  switch (status) {
    case ARES_ENODATA:
    case ARES_ENOTFOUND:
      return ErrorCode::NotFound;
    case ARES_EBADNAME:
    case ARES_EFORMERR:
      return ErrorCode::InvalidArgument;
    default:
      return ErrorCode::Unavailable;
  }
}

DnsAnswer answer_of(const ares_addrinfo* found) {
  DnsAnswer out;
  int ttl = -1;
  for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
    const Address address = Address::from_sockaddr(node->ai_addr, node->ai_addrlen);
    if (!address.empty() &&
        std::find(out.addresses.begin(), out.addresses.end(), address) == out.addresses.end()) {
      out.addresses.push_back(address);
    }
    ttl = ttl < 0 ? node->ai_ttl : std::min(ttl, node->ai_ttl);
  }
  std::stable_sort(out.addresses.begin(), out.addresses.end(),
                   [](const Address& a, const Address& b) {
                     return a.family() == AF_INET && b.family() != AF_INET;
                   });
  out.ttl = std::chrono::seconds(std::max(ttl, 0));
  return out;
}

/// What c-ares knows of one question. It lives until c-ares answers, also when nobody waits any
/// more.
struct Question {
  class CaresResolver* resolver;
  std::string name;
  DnsResolver::Handler handler;  // empty: cancelled
  class Query* query;            // who waits; null: nobody
};

class Query final : public DnsQuery {
 public:
  ~Query() override {
    if (question != nullptr) {
      question->query = nullptr;
      question->handler = nullptr;
    }
  }
  Question* question = nullptr;
};

class CaresResolver final : public DnsResolver {
 public:
  CaresResolver(EventLoop& loop, int& status)
      : loop_(loop), timer_(loop.timers(), [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {
    ares_options options{};
    options.timeout = kTimeoutMilliseconds;
    options.tries = kTries;
    options.sock_state_cb = on_socket_state;
    options.sock_state_cb_data = this;
    status = ares_init_options(&channel_, &options,
                               ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  }

  ~CaresResolver() override {
    closing_ = true;
    if (channel_ != nullptr) {
      ares_destroy(channel_);  // answers every question with "destruction"
    }
  }

  std::unique_ptr<DnsQuery> resolve(const std::string& name, uint16_t port,
                                    Handler handler) override {
    auto query = std::make_unique<Query>();
    auto* question =
        new Question{this, name, std::move(handler), query.get()};  // owned by the callback
    query->question = question;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NUMERICSERV | ARES_AI_NOSORT;
    ares_getaddrinfo(channel_, name.c_str(), std::to_string(port).c_str(), &hints, on_answer,
                     question);
    arm();
    return query;
  }

 private:
  class SocketHandler final : public IoHandler {
   public:
    SocketHandler(CaresResolver& resolver, ares_socket_t fd) : resolver_(resolver), fd_(fd) {}
    void on_io(IoEvents events) override {
      const bool read = (events & (kReadable | kBroken | kPeerClosed)) != 0;
      const bool write = (events & (kWritable | kBroken)) != 0;
      resolver_.process(read ? fd_ : ARES_SOCKET_BAD, write ? fd_ : ARES_SOCKET_BAD);
    }

   private:
    CaresResolver& resolver_;
    ares_socket_t fd_;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<CaresResolver*>(self)->watch(fd, readable != 0, writable != 0);
  }

  void watch(ares_socket_t fd, bool readable, bool writable) {
    if (!readable && !writable) {
      loop_.remove(fd);
      const auto found = sockets_.find(fd);
      if (found != sockets_.end()) {
        closed_.push_back(std::move(found->second));  // perhaps it is the caller
        sockets_.erase(found);
      }
      return;
    }
    auto& handler = sockets_[fd];
    if (handler == nullptr) {
      handler = std::make_unique<SocketHandler>(*this, fd);
    }
    // A failure shows as the query's time-out.
    (void)loop_.add_level(fd, *handler, (readable ? kReadable : 0) | (writable ? kWritable : 0));
  }

  void process(ares_socket_t read, ares_socket_t write) {
    ares_process_fd(channel_, read, write);
    arm();
    loop_.at_turn_end(clean_);
  }

  void arm() {
    timeval storage{};
    const timeval* wait = ares_timeout(channel_, nullptr, &storage);
    if (wait == nullptr) {
      timer_.cancel();
    } else {
      timer_.arm(std::chrono::seconds(wait->tv_sec) + std::chrono::microseconds(wait->tv_usec));
    }
  }

  // The answer may come while ares_getaddrinfo is still running: the handler always hears of it
  // later.
  static void on_answer(void* data, int status, int, ares_addrinfo* found) {
    std::unique_ptr<Question> question(static_cast<Question*>(data));
    Result<DnsAnswer> answer =
        fail(code_of(status), fmt::format("{}: {}", question->name, ares_strerror(status)));
    if (status == ARES_SUCCESS && found != nullptr) {
      DnsAnswer good = answer_of(found);
      if (!good.addresses.empty()) {
        answer = std::move(good);
      }
    }
    if (found != nullptr) {
      ares_freeaddrinfo(found);
    }
    CaresResolver& resolver = *question->resolver;
    if (question->query == nullptr || resolver.closing_) {
      if (question->query != nullptr) {
        question->query->question = nullptr;
      }
      return;
    }
    resolver.answered_.push_back({std::move(question), std::move(answer)});
    resolver.loop_.next_turn(resolver.deliver_);
  }

  void deliver() {
    auto now = std::move(answered_);
    answered_.clear();
    for (auto& [question, answer] : now) {
      if (question->query != nullptr) {
        question->query->question = nullptr;
        const auto handler = std::move(question->handler);
        handler(std::move(answer));
      }
    }
  }

  void clean() { closed_.clear(); }

  struct Answered {
    std::unique_ptr<Question> question;
    Result<DnsAnswer> answer;
  };

  EventLoop& loop_;
  Timer timer_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::unique_ptr<SocketHandler>> sockets_;
  std::vector<std::unique_ptr<SocketHandler>> closed_;
  std::vector<Answered> answered_;
  MethodHook<CaresResolver, &CaresResolver::deliver> deliver_{*this};
  MethodHook<CaresResolver, &CaresResolver::clean> clean_{*this};
  bool closing_ = false;
};

}  // namespace

Result<std::unique_ptr<DnsResolver>> make_dns_resolver(EventLoop& loop) {
  int status = ARES_SUCCESS;
  auto resolver = std::make_unique<CaresResolver>(loop, status);
  if (status != ARES_SUCCESS) {
    return fail(ErrorCode::Internal, fmt::format("c-ares: {}", ares_strerror(status)));
  }
  return std::unique_ptr<DnsResolver>(std::move(resolver));
}

}  // namespace wasmgate::net
