#pragma once
// Shared data and queues of the whole process, by namespace (vm_id). One mutex per namespace;
// values are copied out.

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "wasm/host/host_services.h"
#include "wasm/host/plugin_spec.h"

namespace wasmgate::wasm {

/// Key-value data with compare-and-set (ABI 1.2.9) and a quota: a full store forgets its least
/// recently written keys.
class SharedData {
 public:
  struct Value {
    std::string bytes;
    uint32_t cas = 0;
  };
  enum class SetResult : uint8_t { Ok, CasMismatch, TooLarge };

  std::optional<Value> get(std::string_view key, MonotonicTime now);
  /// `cas` 0: unconditional. TooLarge: nothing is stored. `evicted` counts keys that had to go.
  SetResult set(std::string_view key, std::string_view value, uint32_t cas,
                const PluginLimits& limits, MonotonicTime now, uint64_t& evicted);
  bool remove(std::string_view key);
  /// Makes the key vanish `after` from now; false when there is no such key.
  bool expire(std::string_view key, MonotonicTime at);
  std::vector<std::pair<std::string, uint32_t>> list(std::string_view prefix, size_t limit,
                                                     MonotonicTime now);
  size_t bytes() const;
  size_t keys() const;

 private:
  struct Entry {
    std::string value;
    uint32_t cas = 0;
    std::optional<MonotonicTime> expires;
    std::list<std::string>::iterator age;
  };
  using Map = std::map<std::string, Entry, std::less<>>;

  void erase(Map::iterator at);
  Map::iterator find(std::string_view key, MonotonicTime now);

  mutable std::mutex mutex_;
  Map entries_;
  std::list<std::string> by_age_;  // oldest write first
  size_t bytes_ = 0;
  uint32_t next_cas_ = 1;
};

/// Who is told that a queue has items: a worker and what to run there.
struct QueueOwner {
  std::shared_ptr<WorkerMailbox> mailbox;
  std::function<void(uint32_t queue)>
      ready;           // runs on that worker; must cope with its plug-in having ended
  uint64_t owner = 0;  // identifies the registering VM
};

/// The namespaces. Thread: any, all methods.
class SharedStores {
 public:
  /// The data of a namespace.
  std::shared_ptr<SharedData> data(const std::string& name_space);

  /// Registers (or takes over) the queue; gives its id, never 0. 0 when the namespace is at its
  /// limit.
  uint32_t register_queue(const std::string& name_space, std::string_view queue, QueueOwner owner,
                          const PluginLimits& limits);
  /// The id, 0 when there is none. From then on `asker` may enqueue there. (An id alone is no
  /// right: ids can be guessed.)
  uint32_t resolve_queue(std::string_view asker, std::string_view name_space,
                         std::string_view queue);
  /// False: no such queue, or `asker`, a namespace, neither has nor resolved it. `dropped` counts
  /// items that had to go.
  bool enqueue(std::string_view asker, uint32_t id, std::string_view item, uint64_t& dropped);
  enum class Dequeue : uint8_t { Ok, NotFound, Empty };
  /// NotFound also for a queue of another namespace: only its owner takes items out.
  Dequeue dequeue(std::string_view asker, uint32_t id, std::string& out);
  /// The VM `owner` has ended: it is told nothing any more. Queues and data stay until the
  /// namespace ends.
  void forget_owner(uint64_t owner);
  /// Users of a namespace (plug-ins). The last one that leaves ends its data and queues.
  void enter(const std::string& name_space);
  void leave(const std::string& name_space);
  size_t queue_length(uint32_t id) const;

 private:
  struct Queue {
    std::string name_space;
    std::set<std::string, std::less<>> senders;  // other namespaces that resolved it
    QueueOwner owner;
    std::list<std::string> items;
    size_t bytes = 0;
    size_t item_limit = 0;
    size_t byte_limit = 0;
  };
  struct Space {
    uint32_t users = 0;
    std::shared_ptr<SharedData> data;
    std::map<std::string, uint32_t, std::less<>> queues;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Space, std::less<>> spaces_;
  std::unordered_map<uint32_t, Queue> queues_;
  uint32_t next_queue_ = 1;
};

}  // namespace wasmgate::wasm
