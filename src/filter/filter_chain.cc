#include "filter/filter_chain.h"

#include <algorithm>

#include "base/check.h"
#include "filter/chain_core.h"

namespace wasmgate::filter {

ChainCore::ChainCore(ChainEnds& e, StreamInfo& i, const ChainLimits& l, Arena& m)
    : ends(e),
      info(i),
      limits(l),
      memory(m),
      request(*this, Direction::Request),
      response(*this, Direction::Response) {
  request.set_body_limit(l.body_buffer_bytes);
  response.set_body_limit(l.body_buffer_bytes);
}

void ChainCore::start(std::span<FilterFactory* const> factories, const http::HeaderMap& head) {
  bool wants[2] = {false, false};
  slots.start(memory, factories.size());
  for (FilterFactory* factory : factories) {
    FilterPtr filter = factory->chosen_for(head).create_filter(memory);
    if (filter == nullptr) {
      continue;
    }
    Slot& slot = slots.emplace_back(*this, slots.size(), std::move(filter));
    slot.filter_->on_attach(slot);
    for (const Direction d : {Direction::Request, Direction::Response}) {
      const auto i = static_cast<size_t>(d);
      slot.wants_data_[i] = slot.filter_->wants_data(d);
      wants[i] |= slot.wants_data_[i];
    }
  }
  request.start(memory, slots.size(), wants[0]);
  response.start(memory, slots.size(), wants[1]);
}

bool ChainCore::start_local_reply(LocalReply reply, bool direct) {
  if (stopped() || response.head_left() || (local_reply && !direct)) {
    return false;
  }
  direct = direct || response.started();
  local_reply = true;
  info.response_code_details = reply.details;
  if (!reply.flags.empty()) {
    info.add_flag(reply.flags);
  }
  http::HeaderMap head;
  const std::string body(write_local_reply(reply, request.headers(), head));
  request.abort();
  ends.local_reply_started();
  if (stopped()) {
    return true;
  }
  for (Slot& slot : slots) {
    slot.skipped_ |= !slot.request_ran_;
  }
  response.replace_message(std::move(head), body, direct);
  return true;
}

bool ChainCore::take_reset() {
  if (!pending_reset || stopped()) {
    return false;
  }
  reset_done = true;
  const std::string details = std::move(*pending_reset);
  pending_reset.reset();
  request.abort();
  response.abort();
  ends.reset(details);
  return true;
}

bool ChainCore::settle_asked(Slot& slot) {
  if (take_reset()) {
    return true;
  }
  if (slot.pending_open_failure_) {
    slot.pending_open_failure_ = false;
    // The direction that called goes on with the verdict Continue; the other one is released here.
    slot.pending_continue_[0] = slot.pending_continue_[1] = true;
  }
  if (pending_reply) {
    LocalReply reply = std::move(*pending_reply);
    const bool direct = pending_reply_direct;
    pending_reply.reset();
    slot.pending_continue_[0] = slot.pending_continue_[1] = false;
    return start_local_reply(std::move(reply), direct);
  }
  return false;
}

void ChainCore::settle_asked_continues(Slot& slot) {
  for (const Direction d : {Direction::Request, Direction::Response}) {
    if (slot.pending_continue_[static_cast<size_t>(d)] && !stopped()) {
      slot.pending_continue_[static_cast<size_t>(d)] = false;
      const size_t at = position(d, slot.index_);
      slot.skipped_ ? direction(d).release_at(at) : direction(d).continue_at(at);
    }
  }
  if (slot.pending_injection_ && !stopped()) {
    const auto injection = std::move(slot.pending_injection_);
    response.inject_at(position(Direction::Response, slot.index_), injection->data.view(),
                       injection->end_stream);
  }
}

void ChainCore::finish() {
  if (finished) {
    return;
  }
  WASMGATE_CHECK(!busy);
  finished = true;
  for (Slot& slot : slots) {
    slot.filter_->on_log();
  }
  for (Slot& slot : slots) {
    slot.filter_->on_done();
    slot.filter_->on_destroy();
  }
}

// ---- what a filter may ask ----

void ChainCore::Slot::continue_stream(Direction direction) {
  if (chain_.stopped()) {
    return;
  }
  if (chain_.busy) {
    pending_continue_[static_cast<size_t>(direction)] = chain_.asked = true;
    return;
  }
  dir(direction).continue_at(chain_.position(direction, index_));
}

bool ChainCore::Slot::send_local_reply(LocalReply reply) {
  if (chain_.stopped() || chain_.pending_reply || chain_.response.head_left() ||
      (chain_.local_reply && !in_response_headers_)) {
    return false;
  }
  if (chain_.busy) {
    chain_.asked = true;
    chain_.pending_reply = std::move(reply);
    chain_.pending_reply_direct = in_response_headers_;
    return true;
  }
  return chain_.start_local_reply(std::move(reply), false);
}

void ChainCore::Slot::reset_stream(std::string_view details) {
  if (chain_.stopped()) {
    return;
  }
  if (!chain_.pending_reset) {
    chain_.pending_reset = std::string(details);
  }
  chain_.asked = true;
  if (!chain_.busy) {
    chain_.take_reset();
  }
}

void ChainCore::Slot::fail_stream(bool open, LocalReply reply) {
  if (skipped_ || chain_.stopped()) {
    return;
  }
  skipped_ = true;
  if (open) {
    pending_open_failure_ = chain_.busy;
    chain_.asked |= chain_.busy;
    if (!chain_.busy) {
      chain_.request.release_at(index_);
      if (!chain_.stopped()) {
        chain_.response.release_at(chain_.position(Direction::Response, index_));
      }
    }
    return;
  }
  if (chain_.response.head_left()) {
    reset_stream("wasm_fail_stream");
    return;
  }
  const bool direct = in_response_headers_ || chain_.local_reply;
  if (chain_.busy) {
    chain_.asked = true;
    chain_.pending_reply = std::move(reply);
    chain_.pending_reply_direct = direct;
    return;
  }
  chain_.start_local_reply(std::move(reply), direct);
}

bool ChainCore::Slot::body_writable(Direction d) const {
  return !chain_.finished && chain_.direction(d).body_writable(chain_.position(d, index_));
}

void ChainCore::Slot::set_body_limit(Direction d, size_t bytes) {
  dir(d).set_body_limit(std::min(bytes, chain_.limits.body_buffer_max_bytes));
}

void ChainCore::Slot::inject_response_data(std::string_view data, bool end_stream) {
  if (chain_.stopped()) {
    return;
  }
  if (chain_.busy) {
    chain_.asked = true;
    if (!pending_injection_) {
      pending_injection_ = std::make_unique<Injection>();
    }
    pending_injection_->data.append(data);
    pending_injection_->end_stream |= end_stream;
    return;
  }
  chain_.response.inject_at(chain_.position(Direction::Response, index_), data, end_stream);
}

// ---- the face towards the proxy ----

struct FilterChain::State : ChainCore {
  using ChainCore::ChainCore;
};

void FilterChain::DestroyState::operator()(State* state) const { std::destroy_at(state); }

FilterChain::FilterChain(ChainEnds& ends, StreamInfo& info, const ChainLimits& limits,
                         Arena& memory)
    : state_(::new(memory.allocate_aligned(sizeof(State), alignof(State)))
                 State(ends, info, limits, memory)) {}

FilterChain::~FilterChain() { finish(); }

void FilterChain::start(std::span<FilterFactory* const> factories, const http::HeaderMap& request) {
  state_->start(factories, request);
}

void FilterChain::on_request_headers(http::HeaderMap&& headers, bool end_stream) {
  state_->request.headers_in(std::move(headers), end_stream);
}

void FilterChain::on_request_data(Buffer& data, bool end_stream) {
  state_->request.data_in(data, end_stream);
}

void FilterChain::on_request_data(std::string_view data, bool end_stream) {
  Buffer piece(data);
  state_->request.data_in(piece, end_stream);
}

void FilterChain::on_request_trailers(http::HeaderMap&& trailers) {
  state_->request.trailers_in(std::move(trailers));
}

void FilterChain::on_response_headers(http::HeaderMap&& headers, bool end_stream) {
  if (!state_->local_reply) {
    state_->response.headers_in(std::move(headers), end_stream);
  }
}

void FilterChain::on_response_data(Buffer& data, bool end_stream) {
  if (!state_->local_reply) {
    state_->response.data_in(data, end_stream);
  }
}

void FilterChain::on_response_data(std::string_view data, bool end_stream) {
  Buffer piece(data);
  on_response_data(piece, end_stream);
}

void FilterChain::on_response_trailers(http::HeaderMap&& trailers) {
  if (!state_->local_reply) {
    state_->response.trailers_in(std::move(trailers));
  }
}

bool FilterChain::send_local_reply(LocalReply reply) {
  return state_->start_local_reply(std::move(reply), false);
}

bool FilterChain::response_started() const { return state_->response.head_left(); }
bool FilterChain::local_reply_sent() const { return state_->local_reply; }
bool FilterChain::request_finished() const { return state_->request.finished(); }
bool FilterChain::response_finished() const { return state_->response.finished(); }
http::HeaderMap* FilterChain::request_headers() { return state_->request.headers(); }
http::HeaderMap* FilterChain::response_headers() { return state_->response.headers(); }
void FilterChain::finish() { state_->finish(); }
bool FilterChain::busy() const { return state_->busy; }

}  // namespace wasmgate::filter
