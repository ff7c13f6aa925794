#pragma once
// Contexts: what a guest knows by a number. One root context per VM (id 1) and one stream context
// per HTTP stream.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "filter/filter.h"
#include "wasm/host/plugin_spec.h"

namespace wasmgate::wasm {

class Vm;

struct Context {
  uint32_t id = 0;  // 0: not yet known to the guest
  bool is_root = false;
};

/// Response body bytes that a guest wants sent on.
struct Injection {
  std::string bytes;
  bool end_stream = false;
};

/// The stream side of a context, as host functions use it. What a guest asks for is noted here and
/// carried out when the outermost callback has returned (D7).
struct StreamContext : Context {
  // Bits of `pending`.
  static constexpr uint8_t kContinueRequest = 1;
  static constexpr uint8_t kContinueResponse = 2;
  static constexpr uint8_t kClose = 4;
  static constexpr uint8_t kReply = 8;
  static constexpr uint8_t kInject = 16;

  filter::FilterCallbacks* callbacks = nullptr;  // null after the end
  bool logging = false;                          // on_log and later: everything is read-only
  bool keep_route = false;                       // property clear_route_cache = off
  bool reply_asked = false;                      // a local reply was asked for in this callback
  bool queued = false;  // stands in the VM's list of contexts with pending requests
  uint8_t pending = 0;
  uint32_t ticks_used = 0;   // guest time of this stream, in engine ticks
  uint32_t calls_out = 0;    // in flight that this stream started
  size_t written_bytes = 0;  // header bytes written by the guest
  // What few streams need stands elsewhere: a stream context stays within three cache lines.
  std::unique_ptr<filter::LocalReply> reply;
  std::unique_ptr<Injection> injection;

  /// The injection of this stream, made when there is none yet.
  Injection& inject() {
    if (injection == nullptr) {
      injection = std::make_unique<Injection>();
    }
    return *injection;
  }

  /// Carries out what is pending. Not while a guest runs.
  virtual void run_pending() = 0;
  /// The VM broke: one outcome by the policy, `open` or closed. Not while a guest runs.
  virtual void on_vm_failed(FailureCause cause) = 0;

 protected:
  ~StreamContext() = default;
};

/// Contexts by id. Ids count up from 1 and are not used again while they live; finding one is an
/// index and a comparison.
class ContextTable {
 public:
  ContextTable() : slots_(64) {}

  uint32_t add(Context& context) {
    if (live_ * 2 >= slots_.size()) {
      grow();
    }
    do {
      context.id = next_id_++;
    } while (context.id == 0 || slots_[context.id & mask()] != nullptr);
    slots_[context.id & mask()] = &context;
    ++live_;
    return context.id;
  }

  void remove(Context& context) {
    if (find(context.id) == &context) {
      slots_[context.id & mask()] = nullptr;
      --live_;
    }
    context.id = 0;
  }

  Context* find(uint32_t id) const {
    Context* context = slots_[id & mask()];
    return context != nullptr && context->id == id && id != 0 ? context : nullptr;
  }

  size_t size() const { return live_; }

  /// All contexts of this moment.
  std::vector<Context*> all() const {
    std::vector<Context*> out;
    for (auto* context : slots_) {
      if (context != nullptr) {
        out.push_back(context);
      }
    }
    return out;
  }

 private:
  uint32_t mask() const { return static_cast<uint32_t>(slots_.size() - 1); }

  void grow() {
    const auto old = all();
    // Ids that differ below the old mask also differ below a wider one.
    slots_.assign(slots_.size() * 2, nullptr);
    for (auto* context : old) {
      slots_[context->id & mask()] = context;
    }
  }

  std::vector<Context*> slots_;
  size_t live_ = 0;
  uint32_t next_id_ = 1;
};

}  // namespace wasmgate::wasm
