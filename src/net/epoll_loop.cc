#include "net/epoll_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace wasmgate::net {

static_assert(kReadable == EPOLLIN && kWritable == EPOLLOUT && kPeerClosed == EPOLLRDHUP &&
              kBroken == (EPOLLERR | EPOLLHUP));

EpollLoop::EpollLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timers_(clock_.now()),
      read_area_(new char[kReadArea]) {
  WASMGATE_CHECK(epoll_.valid());
  WASMGATE_CHECK(add_level(mailbox_.fd(), mailbox_handler_, kReadable).has_value());
}

EpollLoop::~EpollLoop() {
  while (!doomed_.empty()) {
    finish_turn();
  }
}

void EpollLoop::run() {
  while (!stop_.load(std::memory_order_relaxed)) {
    turn(std::chrono::milliseconds(-1));
  }
}

void EpollLoop::stop() {
  stop_.store(true, std::memory_order_relaxed);
  post([] {});  // wake it
}

Result<void> EpollLoop::add(int fd, IoHandler& handler) {
  return control(fd, handler, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

Result<void> EpollLoop::add_level(int fd, IoHandler& handler, IoEvents events) {
  return control(fd, handler, events);
}

Result<void> EpollLoop::control(int fd, IoHandler& handler, uint32_t events) {
  const auto index = static_cast<size_t>(fd);
  if (handlers_.size() <= index) {
    handlers_.resize(index + 64, nullptr);
  }
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  const int operation = handlers_[index] == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.fd(), operation, fd, &event) != 0) {
    return fail(ErrorCode::Internal, fmt::format("epoll_ctl: {}", std::strerror(errno)));
  }
  handlers_[index] = &handler;
  return {};
}

void EpollLoop::remove(int fd) {
  const auto index = static_cast<size_t>(fd);
  if (fd < 0 || index >= handlers_.size() || handlers_[index] == nullptr) {
    return;
  }
  handlers_[index] = nullptr;
  epoll_event unused{};
  (void)::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, fd, &unused);
  for (epoll_event& event : events_) {  // the same number may be opened again in this turn
    if (event.data.fd == fd) {
      event.events = 0;
    }
  }
}

int EpollLoop::wait_milliseconds(std::chrono::milliseconds limit) {
  if (!next_turn_.empty()) {
    return 0;
  }
  const auto next = timers_.next();
  if (!next) {
    return static_cast<int>(limit.count());
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - clock_.precise_now());
  const auto wait =
      std::clamp(left, std::chrono::milliseconds(0), std::chrono::milliseconds(3'600'000));
  return static_cast<int>((limit.count() >= 0 ? std::min(limit, wait) : wait).count());
}

void EpollLoop::turn(std::chrono::milliseconds timeout) {
  const int wait = wait_milliseconds(timeout);
  const int count = ::epoll_wait(epoll_.fd(), events_.data(), kBatch, wait);
  clock_.update();
  timers_.advance(clock_.now());
  next_turn_.run_once([this] { run_early_hooks(); });
  dispatch(std::max(count, 0));
  finish_turn();
}

void EpollLoop::dispatch(int count) {
  for (int i = 0; i < count; ++i) {
    const epoll_event event = events_[static_cast<size_t>(i)];
    IoHandler* handler = handlers_[static_cast<size_t>(event.data.fd)];
    if (event.events != 0 && handler != nullptr) {
      handler->on_io(event.events);
      run_early_hooks();
    }
  }
  for (int i = 0; i < count; ++i) {
    events_[static_cast<size_t>(i)].data.fd = -1;
  }
}

void EpollLoop::finish_turn() {
  turn_end_.run_all();
  // Destroying one may hand over another.
  while (!doomed_.empty()) {
    auto now = std::move(doomed_);
    doomed_.clear();
    now.clear();
    turn_end_.run_all();
  }
}

void EpollLoop::delete_later(std::unique_ptr<Deletable> object) {
  if (object != nullptr) {
    doomed_.push_back(std::move(object));
  }
}

}  // namespace wasmgate::net
