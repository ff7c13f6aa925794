#pragma once
// What a longer command is doing, on standard error: on a terminal one line that moves and is gone
// at the end, elsewhere one plain line per finished step.

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cli/console.h"

namespace wasmgate::cli {

class Progress {
 public:
  explicit Progress(Console& console);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// What is going on now; seen on a terminal only.
  void busy(const std::string& text);
  /// A step is done: its line stays.
  void step(const std::string& text);
  /// Ends the moving line; nothing more is written.
  void finish();

 private:
  void spin();
  void draw();

  Console& console_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  size_t frame_ = 0;
  bool finished_ = false;
  std::thread spinner_;
};

/// "52 KB", "1.2 MB", "17 B": for people.
std::string size_text(uint64_t bytes);

}  // namespace wasmgate::cli
