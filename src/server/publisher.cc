#include "server/publisher.h"

#include <latch>
#include <utility>

#include "base/scheduling.h"

namespace wasmgate::server {

Publisher::Publisher(GenerationBuilder& builder,
                     const std::vector<std::unique_ptr<Worker>>& workers, OnPublished on_published)
    : builder_(builder),
      workers_(workers),
      on_published_(std::move(on_published)),
      thread_([this] { run(); }) {}

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
    if (busy_) {
      builder_.hurry(true);
    }
  }
  wake_.notify_all();
}

void Publisher::look_again() {
  {
    const std::lock_guard lock(mutex_);
    look_ = true;
  }
  wake_.notify_all();
}

void Publisher::run() {
  while (true) {
    std::shared_ptr<const config::Model> model;
    {
      std::unique_lock lock(mutex_);
      const auto something = [this] { return stop_ || look_ || next_ != nullptr; };
      if (const auto look_in = last_ != nullptr ? builder_.next_look() : std::nullopt) {
        wake_.wait_for(lock, *look_in + std::chrono::milliseconds(10), something);
      } else {
        wake_.wait(lock, something);
      }
      if (stop_) {
        return;
      }
      look_ = false;
      model = std::exchange(next_, nullptr);
      busy_ = serving_;
      builder_.hurry(false);
    }
    // Nothing new is asked for: what serves is built again only when that would change it.
    if (model == nullptr && last_ != nullptr && builder_.look_again()) {
      model = last_;
    }
    if (model != nullptr) {
      last_ = model;
      bring_out(std::move(model));
      if (!std::exchange(serving_, true)) {
        run_in_background();  // from now on somebody is served, whom building must not slow down
      }
    }
    const std::lock_guard lock(mutex_);
    busy_ = false;
  }
}

void Publisher::bring_out(std::shared_ptr<const config::Model> model) {
  const auto begin = std::chrono::steady_clock::now();
  std::unique_ptr<Generation> generation = builder_.build(std::move(model));
  on_every_worker([&](Worker& worker) { worker.prepare(*generation); });
  on_every_worker([](Worker& worker) { worker.activate(); });
  builder_.activated(*generation);
  on_published_({generation->number, generation->model, generation->statuses,
                 std::chrono::duration_cast<std::chrono::milliseconds>(
                     std::chrono::steady_clock::now() - begin)});
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
