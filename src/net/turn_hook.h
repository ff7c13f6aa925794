#pragma once
// Something to run at a certain point of the loop's turn, kept in a list inside the objects
// themselves: queueing allocates nothing, and destroying the hook takes it off the list.

namespace wasmgate::net {

class TurnHook {
 public:
  TurnHook() = default;
  TurnHook(const TurnHook&) = delete;
  TurnHook& operator=(const TurnHook&) = delete;
  virtual ~TurnHook() { unlink(); }

  virtual void on_turn() = 0;

  bool queued() const { return previous_ != nullptr; }
  void unlink() {
    if (previous_ != nullptr) {
      previous_->next_ = next_;
      next_->previous_ = previous_;
      previous_ = next_ = nullptr;
    }
  }

 private:
  friend class TurnList;
  TurnHook* previous_ = nullptr;
  TurnHook* next_ = nullptr;
};

/// Calls a method of its owner: `MethodHook<Connection, &Connection::flush> flush_{*this};`.
template <class Owner, void (Owner::*Method)()>
class MethodHook final : public TurnHook {
 public:
  explicit MethodHook(Owner& owner) : owner_(owner) {}
  void on_turn() override { (owner_.*Method)(); }

 private:
  Owner& owner_;
};

/// A first-in, first-out list of hooks. The hooks outlive it or unlink themselves.
class TurnList {
 public:
  TurnList() { clear_links(); }
  ~TurnList() {
    while (!empty()) {
      head_.next_->unlink();
    }
    head_.previous_ = head_.next_ = nullptr;
  }
  TurnList(const TurnList&) = delete;
  TurnList& operator=(const TurnList&) = delete;

  bool empty() const { return head_.next_ == &head_; }

  void push(TurnHook& hook) {
    if (hook.queued()) {
      return;
    }
    hook.previous_ = head_.previous_;
    hook.next_ = &head_;
    head_.previous_->next_ = &hook;
    head_.previous_ = &hook;
  }

  /// Runs every hook, also those that are queued meanwhile.
  void run_all() {
    while (!empty()) {
      TurnHook* hook = head_.next_;
      hook->unlink();
      hook->on_turn();
    }
  }

  /// Runs the hooks that are queued now, and `after` after each; those queued meanwhile stay for
  /// later.
  template <class After>
  void run_once(After after) {
    TurnList now;
    now.take(*this);
    while (!now.empty()) {
      TurnHook* hook = now.head_.next_;
      hook->unlink();
      hook->on_turn();
      after();
    }
  }
  void run_once() {
    run_once([] {});
  }

 private:
  class Head final : public TurnHook {
   public:
    void on_turn() override {}
  };

  void clear_links() { head_.previous_ = head_.next_ = &head_; }

  void take(TurnList& other) {
    if (other.empty()) {
      return;
    }
    head_.next_ = other.head_.next_;
    head_.previous_ = other.head_.previous_;
    head_.next_->previous_ = &head_;
    head_.previous_->next_ = &head_;
    other.clear_links();
  }

  Head head_;
};

}  // namespace wasmgate::net
