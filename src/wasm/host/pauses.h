#pragma once
// The streams of one plug-in and worker that the plug-in holds, oldest first, with one timer: past
// the pause limit a stream is ended (D25). The limit is the same for all, so the order of arrival
// is the order of expiry.

#include <algorithm>
#include <chrono>
#include <memory>

#include "wasm/host/host_services.h"

namespace wasmgate::wasm {

class Pauses;

/// Something that can be held too long. A node of the list.
class Pausable {
 public:
  virtual ~Pausable() = default;

  /// The limit was reached; no longer in the list.
  virtual void on_pause_limit() = 0;
  bool is_paused() const { return list_ != nullptr; }

 private:
  friend class Pauses;
  Pauses* list_ = nullptr;
  Pausable* previous_ = nullptr;
  Pausable* next_ = nullptr;
  MonotonicTime since_{};
};

class Pauses final : private TimerEvents {
 public:
  Pauses(HostServices& services, std::chrono::milliseconds limit)
      : services_(services), limit_(limit) {}

  /// `item` is held from now on; if it was already, its time starts again (something arrived
  /// meanwhile).
  void add(Pausable& item) {
    remove(item);
    item.list_ = this;
    item.since_ = services_.clock().now();
    item.previous_ = last_;
    (last_ == nullptr ? first_ : last_->next_) = &item;
    last_ = &item;
    if (timer_ == nullptr) {
      arm();
    }
  }

  void remove(Pausable& item) {
    if (item.list_ != this) {
      return;
    }
    (item.previous_ == nullptr ? first_ : item.previous_->next_) = item.next_;
    (item.next_ == nullptr ? last_ : item.next_->previous_) = item.previous_;
    item.list_ = nullptr;
    item.previous_ = item.next_ = nullptr;
  }

 private:
  void arm() {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first_->since_ + limit_ -
                                                                   services_.clock().now());
    timer_ = services_.start_timer(std::max(left, std::chrono::milliseconds(1)), *this);
  }

  void on_timer() override {
    timer_.reset();
    const auto now = services_.clock().now();
    while (first_ != nullptr && first_->since_ + limit_ <= now) {
      Pausable& item = *first_;
      remove(item);
      item.on_pause_limit();
    }
    if (first_ != nullptr && timer_ == nullptr) {
      arm();
    }
  }

  HostServices& services_;
  const std::chrono::milliseconds limit_;
  Pausable* first_ = nullptr;
  Pausable* last_ = nullptr;
  std::unique_ptr<Handle> timer_;
};

}  // namespace wasmgate::wasm
