// The loop on real descriptors: socket pairs and loopback sockets on free ports. No sleep: turns
// are run until something has happened.

#include "net/epoll_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <thread>

#include "net/dns_resolver.h"
#include "net/tcp_listener.h"
#include "net/tcp_transport.h"

namespace wasmgate::net {
namespace {

using std::chrono::milliseconds;

bool turn_until(EpollLoop& loop, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    loop.turn(milliseconds(100));
  }
  return true;
}

/// Keeps what a transport reports.
class Recorder final : public TransportEvents {
 public:
  void on_connected() override { connected = true; }
  size_t on_data(std::string_view bytes) override {
    const size_t taken = std::min(bytes.size(), take);
    take -= take == SIZE_MAX ? 0 : taken;
    data.append(bytes.substr(0, taken));
    return taken;
  }
  void on_end_of_input() override { ended = true; }
  void on_output_progress(size_t sent, size_t left) override {
    sends += sent > 0 ? 1 : 0;
    pending = left;
  }
  void on_closed(CloseReason why) override {
    closed = true;
    reason = why;
  }

  std::string data;
  size_t take = SIZE_MAX;
  size_t sends = 0;
  size_t pending = 0;
  bool connected = false;
  bool ended = false;
  bool closed = false;
  CloseReason reason = CloseReason::Reset;
};

/// A transport on one end of a socket pair; the test holds the other.
class PairTest : public ::testing::Test {
 protected:
  PairTest() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    far.reset(fds[1]);
    transport = std::make_unique<TcpTransport>(loop, Socket(fds[0]), Address());
    transport->set_events(events);
  }
  void write(std::string_view bytes) {
    EXPECT_EQ(::write(far.fd(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  std::string read() {
    std::string out(1 << 20, '\0');
    const ssize_t size = ::read(far.fd(), out.data(), out.size());
    out.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return out;
  }

  EpollLoop loop;
  Recorder events;
  Socket far;
  std::unique_ptr<TcpTransport> transport;
};

TEST_F(PairTest, GivesInputAndItsEnd) {
  write("hello");
  ASSERT_TRUE(turn_until(loop, [&] { return events.data == "hello"; }));
  write(" again");
  ::shutdown(far.fd(), SHUT_WR);
  ASSERT_TRUE(turn_until(loop, [&] { return events.ended; }));
  EXPECT_EQ(events.data, "hello again");
  EXPECT_FALSE(events.closed);
}

TEST_F(PairTest, SendsAllOutputOfATurnAtOnce) {
  transport->output().append("one ");
  transport->flush_soon();
  transport->output().append("two");
  transport->flush_soon();
  ASSERT_TRUE(turn_until(loop, [&] { return events.sends > 0; }));
  EXPECT_EQ(read(), "one two");
  EXPECT_EQ(events.sends, 1u);
}

TEST_F(PairTest, KeepsWhatIsNotTakenUntilResumed) {
  events.take = 3;
  write("abcdef");
  ASSERT_TRUE(turn_until(loop, [&] { return events.data == "abc"; }));
  write("ghi");
  loop.turn(milliseconds(0));
  EXPECT_EQ(events.data, "abc");
  events.take = SIZE_MAX;
  transport->resume();
  ASSERT_TRUE(turn_until(loop, [&] { return events.data == "abcdefghi"; }));
}

TEST_F(PairTest, ReadsNothingWhilePausedAndEverythingAfter) {
  transport->pause();
  write("abc");
  loop.turn(milliseconds(10));
  EXPECT_EQ(events.data, "");
  transport->resume();
  ASSERT_TRUE(turn_until(loop, [&] { return events.data == "abc"; }));
}

TEST_F(PairTest, WritesMoreThanTheKernelTakesWhenThePeerReads) {
  const std::string big(8 << 20, 'x');
  transport->output().append(big);
  transport->flush_soon();
  loop.turn(milliseconds(0));
  EXPECT_GT(transport->output().size(), 0u);
  size_t received = 0;
  ASSERT_TRUE(turn_until(loop, [&] {
    received += read().size();
    return received == big.size();
  }));
  EXPECT_EQ(events.pending, 0u);
}

TEST_F(PairTest, HalfClosesAfterTheOutput) {
  transport->output().append("bye");
  transport->shutdown_output();
  ASSERT_TRUE(turn_until(loop, [&] { return read() == "bye"; }));
  char byte = 0;
  EXPECT_EQ(::read(far.fd(), &byte, 1), 0);
  write("still");
  ASSERT_TRUE(turn_until(loop, [&] { return events.data == "still"; }));
}

TEST_F(PairTest, TellsABrokenStreamAlsoWhilePaused) {
  transport->pause();
  transport->output().append("x");
  far.reset();
  transport->flush_soon();
  ASSERT_TRUE(turn_until(loop, [&] { return events.closed; }));
  EXPECT_EQ(events.reason, CloseReason::Reset);
}

TEST_F(PairTest, TellsNothingAfterClose) {
  write("abc");
  transport->close();
  loop.turn(milliseconds(10));
  EXPECT_EQ(events.data, "");
  EXPECT_FALSE(events.closed);
}

TEST(EpollLoop, RunsPostedWorkFromAnotherThread) {
  EpollLoop loop;
  bool ran = false;
  std::thread other([&] {
    loop.post([&] {
      ran = true;
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_TRUE(ran);
}

TEST(EpollLoop, FiresTimers) {
  EpollLoop loop;
  bool fired = false;
  Timer timer(loop.timers(), [&] { fired = true; });
  timer.arm(milliseconds(5));
  EXPECT_TRUE(turn_until(loop, [&] { return fired; }));
}

TEST(EpollLoop, DeletesAtTheEndOfTheTurn) {
  struct Flag final : Deletable {
    explicit Flag(bool& f) : flag(f) {}
    ~Flag() override { flag = true; }
    bool& flag;
  };
  EpollLoop loop;
  bool deleted = false;
  loop.delete_later(std::make_unique<Flag>(deleted));
  EXPECT_FALSE(deleted);
  loop.turn(milliseconds(0));
  EXPECT_TRUE(deleted);
}

TEST(EpollLoop, AnEventOfARemovedDescriptorIsNotDelivered) {
  struct Closer final : IoHandler {
    void on_io(IoEvents) override {
      ++calls;
      if (loop != nullptr) {
        loop->remove(other);
      }
    }
    EpollLoop* loop = nullptr;
    int other = -1;
    int calls = 0;
  };
  EpollLoop loop;
  std::array<int, 2> a{};
  std::array<int, 2> b{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a.data()), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b.data()), 0);
  const Socket near_a(a[0]), far_a(a[1]), near_b(b[0]), far_b(b[1]);
  Closer first;
  Closer second;
  first.loop = second.loop = &loop;
  first.other = near_b.fd();
  second.other = near_a.fd();
  ASSERT_TRUE(loop.add_level(near_a.fd(), first, kReadable).has_value());
  ASSERT_TRUE(loop.add_level(near_b.fd(), second, kReadable).has_value());
  ASSERT_EQ(::write(far_a.fd(), "x", 1), 1);
  ASSERT_EQ(::write(far_b.fd(), "x", 1), 1);
  loop.turn(milliseconds(1000));
  EXPECT_EQ(first.calls + second.calls, 1);
}

TEST(TcpConnector, ConnectsToAListenerAndCarriesBytes) {
  EpollLoop loop;
  MemoryLogger logger;
  auto listening = listen_tcp(*Address::parse("127.0.0.1", 0), false);
  ASSERT_TRUE(listening.has_value());
  std::unique_ptr<TcpTransport> accepted;
  Recorder server;
  TcpListener listener(loop, logger, std::move(*listening),
                       [&](Socket socket, const Address& remote) {
                         EXPECT_EQ(remote.ip(), "127.0.0.1");
                         accepted = std::make_unique<TcpTransport>(loop, std::move(socket), remote);
                         accepted->set_events(server);
                       });
  TcpConnector connector(loop);
  Recorder client;
  auto transport = connector.connect(listener.address(), std::chrono::seconds(5), client);
  transport->output().append("early");  // waits until the connection stands
  transport->flush_soon();
  ASSERT_TRUE(turn_until(loop, [&] { return client.connected && accepted != nullptr; }));
  transport->flush_soon();
  ASSERT_TRUE(turn_until(loop, [&] { return server.data == "early"; }));
  EXPECT_EQ(accepted->local_address(), listener.address());
  accepted->abort();
  ASSERT_TRUE(turn_until(loop, [&] { return client.closed; }));
}

TEST(TcpConnector, TellsARefusedConnectionLater) {
  EpollLoop loop;
  auto listening = listen_tcp(*Address::parse("127.0.0.1", 0), false);
  ASSERT_TRUE(listening.has_value());
  const Address address = local_address(listening->fd());
  listening->reset();  // nobody listens there now
  TcpConnector connector(loop);
  Recorder client;
  auto transport = connector.connect(address, std::chrono::seconds(5), client);
  EXPECT_FALSE(client.closed);
  ASSERT_TRUE(turn_until(loop, [&] { return client.closed; }));
  EXPECT_EQ(client.reason, CloseReason::ConnectRefused);
  EXPECT_FALSE(client.connected);
}

TEST(TcpListener, SeveralShareAPort) {
  auto first = listen_tcp(*Address::parse("127.0.0.1", 0), true);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(listen_tcp(local_address(first->fd()), true).has_value());
  EXPECT_EQ(listen_tcp(local_address(first->fd()), false).error().code, ErrorCode::AlreadyExists);
}

TEST(DnsResolver, AnswersLiteralsAndLocalhostWithoutANetwork) {
  EpollLoop loop;
  auto resolver = make_dns_resolver(loop);
  ASSERT_TRUE(resolver.has_value());
  std::optional<Result<DnsAnswer>> literal;
  std::optional<Result<DnsAnswer>> local;
  auto one =
      (*resolver)->resolve("127.0.0.7", 80, [&](Result<DnsAnswer> a) { literal = std::move(a); });
  auto two =
      (*resolver)->resolve("localhost", 81, [&](Result<DnsAnswer> a) { local = std::move(a); });
  EXPECT_FALSE(literal.has_value());
  ASSERT_TRUE(turn_until(loop, [&] { return literal && local; }));
  EXPECT_EQ((*literal)->addresses.at(0).to_string(), "127.0.0.7:80");
  EXPECT_EQ((*local)->addresses.at(0).port(), 81);
}

TEST(DnsResolver, RefusesWhatIsNoNameAndForgetsACancelledQuestion) {
  EpollLoop loop;
  auto resolver = make_dns_resolver(loop);
  ASSERT_TRUE(resolver.has_value());
  bool cancelled_called = false;
  std::optional<Result<DnsAnswer>> bad;
  auto cancelled =
      (*resolver)->resolve("127.0.0.1", 80, [&](Result<DnsAnswer>) { cancelled_called = true; });
  cancelled.reset();
  const std::string long_name(300, 'a');  // U-09
  auto query =
      (*resolver)->resolve(long_name, 80, [&](Result<DnsAnswer> a) { bad = std::move(a); });
  ASSERT_TRUE(turn_until(loop, [&] { return bad.has_value(); }));
  EXPECT_FALSE(bad->has_value());
  EXPECT_FALSE(cancelled_called);
}

}  // namespace
}  // namespace wasmgate::net
