#pragma once
// Brings checked models to the workers, one after the other, on a thread of its own: build a
// generation, prepare it on every worker, then activate it on every worker. Of several models that
// wait, only the newest is built.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/generation_builder.h"
#include "server/worker.h"

namespace wasmgate::server {

/// What serves, for status pages.
struct Published {
  uint64_t number = 0;
  std::shared_ptr<const config::Model> model;
  std::vector<PluginStatus> statuses;
  std::chrono::milliseconds took{0};
};

class Publisher {
 public:
  /// Called on the publisher's thread once every worker serves the generation.
  using OnPublished = std::function<void(Published)>;

  /// All arguments outlive the publisher; the workers run.
  Publisher(GenerationBuilder& builder, const std::vector<std::unique_ptr<Worker>>& workers,
            OnPublished on_published);
  /// Ends after the step in progress.
  ~Publisher();

  /// Thread: any.
  void publish(std::shared_ptr<const config::Model> model);
  /// A plug-in has spent its crash budget: the running model is built again when that changes it.
  /// Thread: any.
  void look_again();

 private:
  void run();
  void bring_out(std::shared_ptr<const config::Model> model);
  void on_every_worker(const std::function<void(Worker&)>& step);

  GenerationBuilder& builder_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  OnPublished on_published_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::shared_ptr<const config::Model> next_;
  std::shared_ptr<const config::Model> last_;  // this thread only
  bool look_ = false;
  bool stop_ = false;
  bool busy_ = false;  // at something that a newer model should not wait for
  bool serving_ = false;
  std::thread thread_;
};

}  // namespace wasmgate::server
