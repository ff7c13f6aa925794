#include "wasm/host/shared_stores.h"

#include <algorithm>

namespace wasmgate::wasm {

// ---- Shared data.

SharedData::Map::iterator SharedData::find(std::string_view key, MonotonicTime now) {
  const auto at = entries_.find(key);
  if (at != entries_.end() && at->second.expires && *at->second.expires <= now) {
    erase(at);
    return entries_.end();
  }
  return at;
}

void SharedData::erase(Map::iterator at) {
  bytes_ -= at->first.size() + at->second.value.size();
  by_age_.erase(at->second.age);
  entries_.erase(at);
}

std::optional<SharedData::Value> SharedData::get(std::string_view key, MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  const auto at = find(key, now);
  if (at == entries_.end()) {
    return std::nullopt;
  }
  return Value{at->second.value, at->second.cas};
}

SharedData::SetResult SharedData::set(std::string_view key, std::string_view value, uint32_t cas,
                                      const PluginLimits& limits, MonotonicTime now,
                                      uint64_t& evicted) {
  const std::lock_guard lock(mutex_);
  auto at = find(key, now);
  if (cas != 0 && at != entries_.end() && at->second.cas != cas) {
    return SetResult::CasMismatch;
  }
  if (key.size() > limits.shared_data_key_bytes || value.size() > limits.shared_data_value_bytes ||
      key.size() + value.size() > limits.shared_data_bytes) {
    return SetResult::TooLarge;
  }
  if (at != entries_.end()) {
    erase(at);
  }
  while (!by_age_.empty() && (entries_.size() + 1 > limits.shared_data_keys ||
                              bytes_ + key.size() + value.size() > limits.shared_data_bytes)) {
    erase(entries_.find(by_age_.front()));
    ++evicted;
  }
  by_age_.emplace_back(key);
  Entry entry;
  entry.value = value;
  entry.cas = next_cas_;
  entry.age = std::prev(by_age_.end());
  next_cas_ = next_cas_ == UINT32_MAX ? 1 : next_cas_ + 1;
  bytes_ += key.size() + value.size();
  entries_.emplace(key, std::move(entry));
  return SetResult::Ok;
}

bool SharedData::remove(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(key);
  if (at == entries_.end()) {
    return false;
  }
  erase(at);
  return true;
}

bool SharedData::expire(std::string_view key, MonotonicTime time) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(key);
  if (at == entries_.end()) {
    return false;
  }
  at->second.expires = time;
  return true;
}

std::vector<std::pair<std::string, uint32_t>> SharedData::list(std::string_view prefix,
                                                               size_t limit, MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, uint32_t>> out;
  for (auto at = entries_.lower_bound(prefix);
       at != entries_.end() && out.size() < limit && at->first.starts_with(prefix); ++at) {
    if (!at->second.expires || *at->second.expires > now) {
      out.emplace_back(at->first, at->second.cas);
    }
  }
  return out;
}

size_t SharedData::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

size_t SharedData::keys() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

// ---- Namespaces and queues.

std::shared_ptr<SharedData> SharedStores::data(const std::string& name_space) {
  const std::lock_guard lock(mutex_);
  auto& space = spaces_[name_space];
  if (space.data == nullptr) {
    space.data = std::make_shared<SharedData>();
  }
  return space.data;
}

void SharedStores::enter(const std::string& name_space) {
  const std::lock_guard lock(mutex_);
  ++spaces_[name_space].users;
}

void SharedStores::leave(const std::string& name_space) {
  const std::lock_guard lock(mutex_);
  const auto at = spaces_.find(name_space);
  if (at == spaces_.end() || --at->second.users > 0) {
    return;
  }
  for (const auto& [name, id] : at->second.queues) {
    queues_.erase(id);
  }
  spaces_.erase(at);
}

uint32_t SharedStores::register_queue(const std::string& name_space, std::string_view queue,
                                      QueueOwner owner, const PluginLimits& limits) {
  const std::lock_guard lock(mutex_);
  auto& space = spaces_[name_space];
  if (const auto known = space.queues.find(queue); known != space.queues.end()) {
    queues_[known->second].owner = std::move(owner);
    return known->second;
  }
  if (space.queues.size() >= limits.queue_count) {
    return 0;
  }
  while (next_queue_ == 0 || queues_.contains(next_queue_)) {
    ++next_queue_;
  }
  const uint32_t id = next_queue_++;
  Queue made;
  made.name_space = name_space;
  made.owner = std::move(owner);
  made.item_limit = limits.queue_items;
  made.byte_limit = limits.queue_bytes;
  queues_.emplace(id, std::move(made));
  space.queues.emplace(queue, id);
  return id;
}

uint32_t SharedStores::resolve_queue(std::string_view asker, std::string_view name_space,
                                     std::string_view queue) {
  const std::lock_guard lock(mutex_);
  const auto space = spaces_.find(name_space);
  if (space == spaces_.end()) {
    return 0;
  }
  const auto at = space->second.queues.find(queue);
  if (at == space->second.queues.end()) {
    return 0;
  }
  if (asker != name_space) {
    queues_.at(at->second).senders.emplace(asker);
  }
  return at->second;
}

bool SharedStores::enqueue(std::string_view asker, uint32_t id, std::string_view item,
                           uint64_t& dropped) {
  std::shared_ptr<WorkerMailbox> mailbox;
  std::function<void(uint32_t)> ready;
  {
    const std::lock_guard lock(mutex_);
    const auto at = queues_.find(id);
    if (at == queues_.end() ||
        (at->second.name_space != asker && !at->second.senders.contains(asker))) {
      return false;
    }
    Queue& queue = at->second;
    if (item.size() > queue.byte_limit) {
      ++dropped;
      return true;
    }
    while (!queue.items.empty() && (queue.items.size() + 1 > queue.item_limit ||
                                    queue.bytes + item.size() > queue.byte_limit)) {
      queue.bytes -= queue.items.front().size();
      queue.items.pop_front();
      ++dropped;
    }
    queue.items.emplace_back(item);
    queue.bytes += item.size();
    mailbox = queue.owner.mailbox;
    ready = queue.owner.ready;
  }
  if (mailbox != nullptr && ready != nullptr) {
    mailbox->post([ready = std::move(ready), id] { ready(id); });
  }
  return true;
}

SharedStores::Dequeue SharedStores::dequeue(std::string_view asker, uint32_t id, std::string& out) {
  const std::lock_guard lock(mutex_);
  const auto at = queues_.find(id);
  if (at == queues_.end() || at->second.name_space != asker) {
    return Dequeue::NotFound;
  }
  Queue& queue = at->second;
  if (queue.items.empty()) {
    return Dequeue::Empty;
  }
  out = std::move(queue.items.front());
  queue.items.pop_front();
  queue.bytes -= out.size();
  return Dequeue::Ok;
}

void SharedStores::forget_owner(uint64_t owner) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, queue] : queues_) {
    if (queue.owner.owner == owner) {
      queue.owner = {};
    }
  }
}

size_t SharedStores::queue_length(uint32_t id) const {
  const std::lock_guard lock(mutex_);
  const auto at = queues_.find(id);
  return at == queues_.end() ? 0 : at->second.items.size();
}

}  // namespace wasmgate::wasm
