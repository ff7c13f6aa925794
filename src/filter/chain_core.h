#pragma once
// The inside of a filter chain: its filters (slots), its two directions, and the rule that what a
// filter asks for inside its own callback happens after the callback has returned. Only
// filter_chain.cc and chain_direction.cc include this.

#include <memory>
#include <optional>
#include <string>

#include "base/arena_array.h"
#include "filter/chain_direction.h"
#include "filter/filter.h"
#include "filter/filter_chain.h"

namespace wasmgate::filter {

class ChainCore {
 public:
  /// One filter and the door through which it reaches its stream.
  class Slot final : public FilterCallbacks {
   public:
    Slot(ChainCore& chain, size_t index, FilterPtr filter)
        : chain_(chain), index_(index), filter_(std::move(filter)) {}

    void continue_stream(Direction direction) override;
    bool send_local_reply(LocalReply reply) override;
    void reset_stream(std::string_view details) override;
    void fail_stream(bool open, LocalReply reply) override;
    void clear_route_cache() override { chain_.ends.clear_route_cache(); }
    void refresh_route() override { chain_.ends.refresh_route(); }
    http::HeaderMap* headers(Direction direction) override { return dir(direction).headers(); }
    http::HeaderMap* trailers(Direction direction) override { return dir(direction).trailers(); }
    bool headers_writable(Direction d) const override {
      return !chain_.finished && chain_.direction(d).headers_writable();
    }
    bool trailers_writable(Direction d) const override {
      return !chain_.finished && chain_.direction(d).trailers_writable();
    }
    http::HeaderMap* add_trailers(Direction d) override {
      return dir(d).add_trailers(chain_.position(d, index_));
    }
    Buffer* body(Direction d) override {
      return chain_.finished ? nullptr : dir(d).body(chain_.position(d, index_));
    }
    bool body_writable(Direction d) const override;
    void body_changed(Direction d) override { dir(d).body_changed(); }
    void set_body_limit(Direction d, size_t bytes) override;
    void inject_response_data(std::string_view data, bool end_stream) override;
    StreamInfo& info() override { return chain_.info; }

   private:
    friend class ChainCore;
    friend class ChainDirection;
    struct Injection {
      Buffer data;
      bool end_stream = false;
    };
    ChainDirection& dir(Direction d) const { return chain_.direction(d); }

    ChainCore& chain_;
    size_t index_;
    FilterPtr filter_;
    bool wants_data_[2] = {true, true};
    bool request_ran_ = false;
    bool skipped_ = false;  // failed open, or never reached by the request that was answered
    bool pending_continue_[2] = {false, false};
    bool pending_open_failure_ = false;
    bool in_response_headers_ = false;
    std::unique_ptr<Injection> pending_injection_;
  };

  ChainCore(ChainEnds& e, StreamInfo& i, const ChainLimits& l, Arena& m);

  ChainDirection& direction(Direction d) { return d == Direction::Request ? request : response; }
  size_t position(Direction d, size_t index) const {
    return d == Direction::Request ? index : slots.size() - 1 - index;
  }
  Slot& slot_at(Direction d, size_t position) {
    return slots[d == Direction::Request ? position : slots.size() - 1 - position];
  }

  void start(std::span<FilterFactory* const> factories, const http::HeaderMap& head);
  bool start_local_reply(LocalReply reply, bool direct);
  void finish();

  /// Gives `call` the slot's filter, and marks around it that a callback is on the stack.
  template <class Call>
  auto run(Slot& slot, Call call) {
    busy = true;
    auto result = call(*slot.filter_);
    busy = false;
    return result;
  }
  /// Carries out what filters asked for inside the callback that has just returned. True when the
  /// message's fate changed (answered, reset): the calling direction must stop.
  bool settle(Slot& slot) { return asked && settle_asked(slot); }
  /// Continues and injections that the filter asked for in its callback; after its verdict was
  /// carried out.
  void settle_continues(Slot& slot) {
    if (asked) {
      settle_asked_continues(slot);
    }
  }
  bool settle_asked(Slot& slot);
  void settle_asked_continues(Slot& slot);

  bool stopped() const { return finished || reset_done; }
  bool take_reset();

  ChainEnds& ends;
  StreamInfo& info;
  const ChainLimits limits;
  Arena& memory;
  ArenaArray<Slot> slots;
  ChainDirection request;
  ChainDirection response;
  std::optional<LocalReply> pending_reply;
  bool pending_reply_direct = false;
  std::optional<std::string> pending_reset;
  bool busy = false;
  bool asked = false;  // some filter asked for something inside a callback
  bool local_reply = false;
  bool reset_done = false;
  bool finished = false;
};

}  // namespace wasmgate::filter
