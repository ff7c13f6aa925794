#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace wasmgate::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

const MonotonicTime kStart{hours(1)};

TEST(TimerWheel, FiresNotBeforeItsTimeAndOnce) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer timer(wheel, [&] { ++fired; });
  timer.arm(milliseconds(10));
  wheel.advance(kStart + milliseconds(9));
  EXPECT_EQ(fired, 0);
  wheel.advance(kStart + milliseconds(10));
  EXPECT_EQ(fired, 1);
  wheel.advance(kStart + hours(1));
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, RoundsFractionsUp) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer timer(wheel, [&] { ++fired; });
  timer.arm(std::chrono::microseconds(1500));
  wheel.advance(kStart + std::chrono::microseconds(1999));
  EXPECT_EQ(fired, 0);
  wheel.advance(kStart + milliseconds(2));
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, MovedLaterFiresAtTheNewTimeOnly) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer timer(wheel, [&] { ++fired; });
  timer.arm(milliseconds(10));
  timer.arm(milliseconds(5000));
  wheel.advance(kStart + milliseconds(4999));
  EXPECT_EQ(fired, 0);
  wheel.advance(kStart + milliseconds(5000));
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, MovedEarlierFiresEarlier) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer timer(wheel, [&] { ++fired; });
  timer.arm(hours(2));
  timer.arm(milliseconds(3));
  wheel.advance(kStart + milliseconds(3));
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, CancelledOrDestroyedNeverFires) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer cancelled(wheel, [&] { ++fired; });
  auto destroyed = std::make_unique<Timer>(wheel, [&] { ++fired; });
  cancelled.arm(milliseconds(1));
  destroyed->arm(milliseconds(1));
  cancelled.cancel();
  destroyed.reset();
  wheel.advance(kStart + milliseconds(100));
  EXPECT_EQ(fired, 0);
}

TEST(TimerWheel, ACallbackMayDestroyAnotherTimerOfTheSameTick) {
  TimerWheel wheel(kStart);
  int fired = 0;
  std::unique_ptr<Timer> other;
  Timer first(wheel, [&] {
    ++fired;
    other.reset();
  });
  other = std::make_unique<Timer>(wheel, [&] { ++fired; });
  first.arm(milliseconds(5));
  other->arm(milliseconds(5));
  wheel.advance(kStart + milliseconds(5));
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, ATimerThatArmsItselfFiresInALaterTick) {
  TimerWheel wheel(kStart);
  int fired = 0;
  Timer timer(wheel, [] {});
  Timer* self = nullptr;
  Timer again(wheel, [&] {
    ++fired;
    self->arm(Duration::zero());
  });
  self = &again;
  again.arm(Duration::zero());
  wheel.advance(kStart + milliseconds(1));
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheel, NextIsNeverAfterAnArmedDeadline) {
  TimerWheel wheel(kStart);
  EXPECT_FALSE(wheel.next().has_value());
  Timer far(wheel, [] {});
  far.arm(hours(30));
  ASSERT_TRUE(wheel.next().has_value());
  EXPECT_LE(*wheel.next(), kStart + hours(30));
  EXPECT_GT(*wheel.next(), kStart);
  Timer near(wheel, [] {});
  near.arm(milliseconds(20));
  EXPECT_EQ(*wheel.next(), kStart + milliseconds(20));
}

// The wheel against a list that is searched: random arms, moves, cancels and steps of time.
TEST(TimerWheel, AgreesWithANaiveModel) {
  std::mt19937_64 random(7);
  TimerWheel wheel(kStart);
  MonotonicTime now = kStart;
  constexpr size_t kTimers = 200;
  struct Model {
    bool armed = false;
    MonotonicTime when;
    int fired = 0;
  };
  std::vector<Model> model(kTimers);
  std::vector<int> fired(kTimers, 0);
  std::vector<std::unique_ptr<Timer>> timers;
  for (size_t i = 0; i < kTimers; ++i) {
    timers.push_back(std::make_unique<Timer>(wheel, [&fired, i] { ++fired[i]; }));
  }
  for (int step = 0; step < 20'000; ++step) {
    const size_t i = random() % kTimers;
    const unsigned action = random() % 10;
    if (action < 6) {
      const milliseconds after(random() % (action < 3 ? 300 : 200'000));
      timers[i]->arm(after);
      model[i].armed = true;
      model[i].when = now + std::max(after, milliseconds(1));
    } else if (action == 6) {
      timers[i]->cancel();
      model[i].armed = false;
    } else {
      const auto next = wheel.next();
      now += milliseconds(random() % (action == 9 ? 70'000 : 50));
      for (Model& m : model) {
        if (m.armed) {
          ASSERT_TRUE(next.has_value());
          ASSERT_LE(*next, m.when);
        }
        if (m.armed && m.when <= now) {
          m.armed = false;
          ++m.fired;
        }
      }
      wheel.advance(now);
      for (size_t t = 0; t < kTimers; ++t) {
        ASSERT_EQ(fired[t], model[t].fired) << "timer " << t << " step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace wasmgate::net
