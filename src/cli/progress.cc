#include "cli/progress.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace wasmgate::cli {
namespace {

constexpr auto kFrameTime = std::chrono::milliseconds(100);
constexpr std::array<const char*, 4> kFrames{"|", "/", "-", "\\"};
constexpr const char* kClear = "\r\x1B[K";

}  // namespace

Progress::Progress(Console& console) : console_(console) {
  if (console_.animate) {
    spinner_ = std::thread([this] { spin(); });
  }
}

Progress::~Progress() { finish(); }

void Progress::busy(const std::string& text) {
  const std::lock_guard lock(mutex_);
  text_ = text;
  draw();
}

void Progress::step(const std::string& text) {
  const std::lock_guard lock(mutex_);
  console_.err << (console_.animate ? kClear : "") << text << "\n" << std::flush;
  draw();
}

void Progress::finish() {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) {
      return;
    }
    finished_ = true;
    if (console_.animate) {
      console_.err << kClear << std::flush;
    }
  }
  changed_.notify_all();
  if (spinner_.joinable()) {
    spinner_.join();
  }
}

void Progress::spin() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kFrameTime, [this] { return finished_; })) {
    ++frame_;
    draw();
  }
}

// The lock is held.
void Progress::draw() {
  if (console_.animate && !finished_ && !text_.empty()) {
    console_.err << kClear << kFrames[frame_ % kFrames.size()] << " " << text_ << std::flush;
  }
}

std::string size_text(uint64_t bytes) {
  if (bytes < 1000) {
    return fmt::format("{} B", bytes);
  }
  if (bytes < 1'000'000) {
    return fmt::format("{} KB", (bytes + 500) / 1000);
  }
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

}  // namespace wasmgate::cli
