#include "server/publisher.h"

#include <latch>
#include <utility>

namespace wasmgate::server {

Publisher::Publisher(GenerationBuilder& builder, const std::vector<std::unique_ptr<Worker>>& workers,
                     OnPublished on_published)
    : builder_(builder), workers_(workers), on_published_(std::move(on_published)), thread_([this] { run(); }) {}

Publisher::~Publisher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Publisher::publish(std::shared_ptr<const config::Model> model) {
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(model);
  }
  wake_.notify_all();
}

void Publisher::run() {
  while (true) {
    std::shared_ptr<const config::Model> model;
    {
      std::unique_lock lock(mutex_);
      const auto something = [this] { return stop_ || next_ != nullptr; };
      if (const auto retry_in = last_ != nullptr ? builder_.next_retry() : std::nullopt) {
        wake_.wait_for(lock, *retry_in + std::chrono::milliseconds(10), something);
      } else {
        wake_.wait(lock, something);
      }
      if (stop_) {
        return;
      }
      model = std::exchange(next_, nullptr);
    }
    // Time over, nothing new: what could not be fetched is tried again, and built only when it came.
    if (model == nullptr && builder_.retry()) {
      model = last_;
    }
    if (model != nullptr) {
      last_ = model;
      bring_out(std::move(model));
    }
  }
}

void Publisher::bring_out(std::shared_ptr<const config::Model> model) {
  const auto begin = std::chrono::steady_clock::now();
  std::unique_ptr<Generation> generation = builder_.build(std::move(model));
  on_every_worker([&](Worker& worker) { worker.prepare(*generation); });
  on_every_worker([](Worker& worker) { worker.activate(); });
  builder_.activated(*generation);
  on_published_({generation->number, generation->model, generation->statuses,
                 std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin)});
}

// Runs `step` on all workers at the same time and waits for all of them.
void Publisher::on_every_worker(const std::function<void(Worker&)>& step) {
  std::latch done(static_cast<ptrdiff_t>(workers_.size()));
  for (const auto& worker : workers_) {
    worker->post([&step, &done, target = worker.get()] {
      step(*target);
      done.count_down();
    });
  }
  done.wait();
}

}  // namespace wasmgate::server
