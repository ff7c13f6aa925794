#include "net/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"

namespace wasmgate::net {

using detail::TimerLink;

namespace {
constexpr Duration kTick = std::chrono::milliseconds(1);
}

Timer::Timer(TimerWheel& wheel, std::function<void()> on_fire)
    : wheel_(wheel), on_fire_(std::move(on_fire)) {}

void Timer::arm(Duration after) { wheel_.arm(*this, after); }

void Timer::unlink() {
  if (previous == nullptr) {
    return;
  }
  previous->next = next;
  next->previous = previous;
  previous = next = nullptr;
  --wheel_.counts_[level_];
}

TimerWheel::TimerWheel(MonotonicTime start) : start_(start), now_(start) {
  for (auto& level : slots_) {
    for (TimerLink& head : level) {
      head.previous = head.next = &head;
    }
  }
}

TimerWheel::~TimerWheel() {
  for (auto& level : slots_) {
    for (TimerLink& head : level) {
      while (head.next != &head) {
        static_cast<Timer*>(head.next)->unlink();
      }
    }
  }
}

uint64_t TimerWheel::tick_of(MonotonicTime time) const {
  return time <= start_ ? 0 : static_cast<uint64_t>((time - start_) / kTick);
}

void TimerWheel::arm(Timer& timer, Duration after) {
  const MonotonicTime when = now_ + std::max(after, Duration::zero());
  const uint64_t tick = tick_of(when + kTick - Duration(1));  // not earlier
  timer.deadline_ = std::max(tick, tick_ + 1);
  timer.armed_ = true;
  if (timer.previous != nullptr && timer.linked_at_ <= timer.deadline_) {
    return;  // the wheel looks at it in time
  }
  timer.unlink();
  link(timer, timer.deadline_);
}

void TimerWheel::link(Timer& timer, uint64_t tick) {
  constexpr uint64_t kFurthest = (uint64_t{1} << (kBits * kLevels)) - 1;
  tick = std::min(tick, tick_ + kFurthest);
  const uint64_t distance = tick - tick_;
  unsigned level = 0;
  while (level + 1 < kLevels && (distance >> (kBits * (level + 1))) != 0) {
    ++level;
  }
  const uint64_t slot = (tick >> (kBits * level)) % kSlots;
  TimerLink& head = slots_[level][slot];
  timer.linked_at_ = tick;
  timer.level_ = static_cast<uint8_t>(level);
  timer.previous = head.previous;
  timer.next = &head;
  head.previous->next = &timer;
  head.previous = &timer;
  ++counts_[level];
  used_[level][slot / 64] |= uint64_t{1} << (slot % 64);
}

void TimerWheel::advance(MonotonicTime now) {
  if (now <= now_) {
    return;
  }
  now_ = now;
  const uint64_t target = tick_of(now);
  while (tick_ < target) {
    if (counts_ == std::array<uint64_t, kLevels>{}) {
      tick_ = target;
      break;
    }
    if (counts_[0] == 0) {  // nothing before the next turn of the first wheel
      tick_ = std::min(target, tick_ | (kSlots - 1));
      if (tick_ == target) {
        break;
      }
    }
    ++tick_;
    if (tick_ % kSlots == 0) {
      cascade();
    }
    fire_slot();
  }
}

void TimerWheel::cascade() {
  for (unsigned level = 1; level < kLevels; ++level) {
    const uint64_t index = (tick_ >> (kBits * level)) % kSlots;
    TimerLink& head = slots_[level][index];
    TimerLink* link_now = head.next;
    head.previous = head.next = &head;
    while (link_now != &head) {
      Timer& timer = *static_cast<Timer*>(link_now);
      link_now = timer.next;
      timer.previous = timer.next = nullptr;
      --counts_[level];
      if (timer.armed_) {
        link(timer, std::max(timer.deadline_, tick_));
      }
    }
    if (index != 0) {
      return;
    }
  }
}

void TimerWheel::fire_slot() {
  TimerLink& head = slots_[0][tick_ % kSlots];
  while (head.next != &head) {
    Timer& timer = *static_cast<Timer*>(head.next);
    timer.unlink();
    if (!timer.armed_) {
      continue;
    }
    if (timer.deadline_ > tick_) {
      link(timer, timer.deadline_);
      continue;
    }
    timer.armed_ = false;
    timer.on_fire_();
  }
}

std::optional<uint64_t> TimerWheel::next_tick(unsigned level) const {
  if (counts_[level] == 0) {
    return std::nullopt;
  }
  const unsigned shift = kBits * level;
  const uint64_t first = (tick_ >> shift) + 1;
  for (uint64_t i = first; i < first + kSlots;) {
    const uint64_t slot = i % kSlots;
    const uint64_t bits = used_[level][slot / 64] >> (slot % 64);
    if (bits == 0) {
      i += 64 - slot % 64;
      continue;
    }
    i += static_cast<uint64_t>(std::countr_zero(bits));
    if (slot_used(level, i % kSlots)) {
      return i << shift;
    }
  }
  WASMGATE_CHECK(false && "a counted timer is in no slot");
  return std::nullopt;
}

bool TimerWheel::slot_used(unsigned level, uint64_t slot) const {
  const TimerLink& head = slots_[level][slot];
  if (head.next != &head) {
    return true;
  }
  used_[level][slot / 64] &= ~(uint64_t{1} << (slot % 64));
  return false;
}

std::optional<MonotonicTime> TimerWheel::next() const {
  std::optional<uint64_t> best;
  for (unsigned level = 0; level < kLevels; ++level) {
    const auto tick = next_tick(level);
    if (tick && (!best || *tick < *best)) {
      best = tick;
    }
  }
  if (!best) {
    return std::nullopt;
  }
  return start_ + *best * kTick;
}

}  // namespace wasmgate::net
