#include "filter/chain_direction.h"

#include "base/check.h"
#include "filter/chain_core.h"

namespace wasmgate::filter {

void ChainDirection::start(Arena& memory, size_t stage_count, bool wants_length_repair) {
  stages_.start(memory, stage_count);
  for (size_t i = 0; i < stage_count; ++i) {
    stages_.emplace_back();
  }
  exit_.start(wants_length_repair, stage_count > 0);
}

bool ChainDirection::dead() const { return aborted_ || chain_.stopped(); }

void ChainDirection::headers_in(http::HeaderMap&& headers, bool end_stream) {
  if (dead()) {
    return;
  }
  headers_ = std::move(headers);
  has_headers_ = true;
  bool bodiless = false;
  if (direction_ == Direction::Response) {
    const int status = http::status_of(headers_);
    const http::HeaderMap* request = chain_.request.headers();
    bodiless = status == 204 || status == 304 ||
               (request != nullptr && request->get(http::kMethod) == "HEAD");
  }
  exit_.message(stages_.size() == 0 ? std::nullopt : http::content_length_of(headers_), bodiless);
  head_at(0, end_stream);
}

/// Shows a part to the filters from `first` on, until one does not let it pass or it leaves the
/// chain; then carries out what filters asked for meanwhile, the last one's wishes first.
template <class Show, class Leave>
void ChainDirection::walk(const size_t first, Show show, Leave leave) {
  size_t position = first;
  Shown shown = Shown::Passed;
  while (position < stages_.size()) {
    shown = show(position);
    if (shown != Shown::Passed) {
      break;
    }
    ++position;
  }
  if (position == stages_.size()) {
    leave();
  }
  if (chain_.asked) [[unlikely]] {
    position += shown == Shown::Stopped ? 1 : 0;
    while (position > first) {
      chain_.settle_asked_continues(chain_.slot_at(direction_, --position));
    }
  }
}

void ChainDirection::head_at(const size_t first, bool end_stream) {
  walk(
      first, [&](size_t position) { return show_head(position, end_stream); },
      [&] { leave_with_head(end_stream); });
}

ChainDirection::Shown ChainDirection::show_head(size_t position, bool end_stream) {
  Stage& stage = stages_[position];
  stage.head_arrived = true;
  stage.end_arrived = stage.end_with_head = end_stream;
  ChainCore::Slot& slot = chain_.slot_at(direction_, position);
  Verdict verdict = kContinue;
  if (!slot.skipped_) {
    if (direction_ == Direction::Request) {
      slot.request_ran_ = true;
    }
    slot.in_response_headers_ = direction_ == Direction::Response;
    const uint32_t epoch = epoch_;
    verdict =
        chain_.run(slot, [&](Filter& f) { return f.on_headers(direction_, headers_, end_stream); });
    slot.in_response_headers_ = false;
    if (chain_.settle(slot) || epoch != epoch_ || dead()) {
      return Shown::Gone;
    }
  }
  if (!verdict.pass) {
    stop(stage, verdict);
    return Shown::Stopped;
  }
  stage.head_passed = true;
  stage.ended = end_stream;
  return Shown::Passed;
}

/// Hands the head on that `position` held.
void ChainDirection::pass_head(size_t position, bool end_stream) {
  stages_[position].head_passed = true;
  stages_[position].ended = end_stream;
  head_at(position + 1, end_stream);
}

void ChainDirection::leave_with_head(bool end_stream) {
  if (!exit_.head(headers_, end_stream)) {
    return;
  }
  finished_ = end_stream;
  if (direction_ == Direction::Request) {
    chain_.ends.request_headers(headers_, end_stream);
  } else {
    chain_.ends.response_headers(headers_, end_stream);
  }
}

void ChainDirection::data_in(Buffer& data, bool end_stream) {
  if (dead()) {
    data.clear();
    return;
  }
  data_at(0, data, end_stream);
}

void ChainDirection::data_at(const size_t first, Buffer& data, bool end_stream) {
  walk(
      first, [&](size_t position) { return show_data(position, data, end_stream); },
      [&] { leave_with_data(data, end_stream); });
}

/// Passed: `data` is what goes on, with the same end. Otherwise whatever goes on has gone.
ChainDirection::Shown ChainDirection::show_data(size_t position, Buffer& data, bool end_stream) {
  Stage& stage = stages_[position];
  ChainCore::Slot& slot = chain_.slot_at(direction_, position);
  const bool wanted = slot.wants_data_[static_cast<int>(direction_)];
  stage.end_arrived |= end_stream;
  // A filter that does not look at bodies and is not stopped costs nothing.
  if (!wanted && stage.state == State::Flowing && stage.held.empty()) {
    stage.ended |= end_stream;
    return Shown::Passed;
  }
  stage.held.append(std::move(data));
  if (stage.state == State::StoppedAll) {
    stage.data_shown = false;
    if (!over_limit(stage, position)) {
      check_watermark(stage);
    }
    return Shown::Gone;
  }
  if (stage.state == State::StoppedShow && over_limit(stage, position)) {
    return Shown::Gone;
  }
  Verdict verdict = kContinue;
  if (wanted && !slot.skipped_) {
    const uint32_t epoch = epoch_;
    stage.in_data = true;
    verdict =
        chain_.run(slot, [&](Filter& f) { return f.on_data(direction_, stage.held, end_stream); });
    stage.in_data = false;
    if (chain_.settle(slot) || epoch != epoch_ || dead()) {
      return Shown::Gone;
    }
  }
  stage.data_shown = true;
  if (!verdict.pass) {
    if (!verdict.keep_part) {
      stage.held.clear();
    }
    stop(stage, verdict);
    if (over_limit(stage, position)) {
      return Shown::Gone;
    }
    check_watermark(stage);
    return Shown::Stopped;
  }
  resume_flow(stage);
  if (!stage.head_passed || stage.trailers_arrived) [[unlikely]] {
    // Trailers that the filter has just created end the message instead.
    pass_held(position, end_stream && !stage.trailers_arrived);
    if (stage.trailers_arrived && stage.trailers_shown && !dead()) {
      pass_trailers(position);
    }
    return Shown::Stopped;
  }
  if (stage.held.empty() && !end_stream) {
    return Shown::Stopped;
  }
  stage.ended |= end_stream;
  data = std::move(stage.held);
  return Shown::Passed;
}

void ChainDirection::leave_with_data(Buffer& data, bool end_stream) {
  if (exit_.waiting()) {
    if (data.empty() && !end_stream) {
      return;
    }
    exit_.release_head(headers_, data.size(), end_stream);
    const bool headless_end = end_stream && data.empty();
    finished_ |= headless_end;
    const uint32_t epoch = epoch_;
    direction_ == Direction::Request ? chain_.ends.request_headers(headers_, headless_end)
                                     : chain_.ends.response_headers(headers_, headless_end);
    if (epoch != epoch_ || dead() || headless_end) {
      data.clear();
      return;
    }
  }
  if (!exit_.data(data.size(), end_stream)) {
    data.clear();
    chain_.pending_reset = "wasm_content_length_mismatch";
    chain_.take_reset();
    return;
  }
  finished_ |= end_stream;
  direction_ == Direction::Request ? chain_.ends.request_data(data, end_stream)
                                   : chain_.ends.response_data(data, end_stream);
}

// Hands on what the stage holds, its head first.
void ChainDirection::pass_held(size_t position, bool end_stream) {
  Stage& stage = stages_[position];
  const uint32_t epoch = epoch_;
  if (!stage.head_passed) {
    const bool only_head = end_stream && stage.held.empty();
    pass_head(position, only_head);
    if (epoch != epoch_ || dead() || only_head) {
      return;
    }
  }
  if (stage.held.empty() && !end_stream) {
    return;
  }
  stage.ended |= end_stream;
  Buffer out(std::move(stage.held));
  data_at(position + 1, out, end_stream);
  if (epoch == epoch_ && !dead() && stage.held.empty() && out.capacity() != 0 && out.empty()) {
    stage.held = std::move(out);  // keep the block for the next piece
  }
}

void ChainDirection::trailers_in(http::HeaderMap&& trailers) {
  if (dead()) {
    return;
  }
  trailers_ = std::move(trailers);
  has_trailers_ = true;
  trailers_at(0);
}

void ChainDirection::trailers_at(size_t position) {
  if (position == stages_.size()) {
    if (exit_.waiting()) {
      Buffer nothing;
      exit_.release_head(headers_, 0, false);
      headers_.remove(http::kContentLength);
      direction_ == Direction::Request ? chain_.ends.request_headers(headers_, false)
                                       : chain_.ends.response_headers(headers_, false);
      if (dead()) {
        return;
      }
    }
    trailers_left_ = true;
    finished_ = true;
    direction_ == Direction::Request ? chain_.ends.request_trailers(trailers_)
                                     : chain_.ends.response_trailers(trailers_);
    return;
  }
  Stage& stage = stages_[position];
  stage.trailers_arrived = true;
  stage.end_arrived = true;
  if (stage.state == State::StoppedAll) {
    return;
  }
  ChainCore::Slot& slot = chain_.slot_at(direction_, position);
  Verdict verdict = kContinue;
  stage.trailers_shown = true;
  if (!slot.skipped_) {
    const uint32_t epoch = epoch_;
    verdict = chain_.run(slot, [&](Filter& f) { return f.on_trailers(direction_, trailers_); });
    if (chain_.settle(slot) || epoch != epoch_ || dead()) {
      return;
    }
  }
  if (verdict.pass) {
    const uint32_t epoch = epoch_;
    resume_flow(stage);
    pass_held(position, false);
    if (epoch == epoch_ && !dead()) {
      pass_trailers(position);
    }
  } else {
    stop(stage, verdict);
  }
  chain_.settle_continues(slot);
}

void ChainDirection::pass_trailers(size_t position) {
  Stage& stage = stages_[position];
  const uint32_t epoch = epoch_;
  if (!stage.head_passed) {
    pass_head(position, false);
    if (epoch != epoch_ || dead()) {
      return;
    }
  }
  stage.ended = true;
  trailers_at(position + 1);
}

void ChainDirection::continue_at(size_t position) {
  Stage& stage = stages_[position];
  if (dead() || !stage.head_arrived || stage.state == State::Flowing) {
    return;
  }
  const bool was_all = stage.state == State::StoppedAll;
  resume_flow(stage);
  pass_everything(position, was_all);
}

void ChainDirection::release_at(size_t position) {
  Stage& stage = stages_[position];
  if (dead() || !stage.head_arrived || stage.ended) {
    return;
  }
  resume_flow(stage);
  pass_everything(position, false);
}

// After a stop: head, what is held (shown to the filter first when it has not seen it), trailers.
void ChainDirection::pass_everything(size_t position, bool show_held) {
  Stage& stage = stages_[position];
  const uint32_t epoch = epoch_;
  const bool end_by_data = stage.end_arrived && !stage.trailers_arrived;
  if (!stage.head_passed) {
    pass_head(position, stage.end_with_head && stage.held.empty() && !stage.trailers_arrived);
    if (epoch != epoch_ || dead()) {
      return;
    }
  }
  if (!stage.ended && (!stage.held.empty() || end_by_data)) {
    if (show_held && !stage.data_shown) {
      Buffer nothing;
      data_at(position, nothing, end_by_data);
    } else {
      pass_held(position, end_by_data);
    }
    if (epoch != epoch_ || dead() || stage.state != State::Flowing) {
      return;
    }
  }
  if (stage.trailers_arrived && !stage.ended) {
    stage.trailers_shown ? pass_trailers(position) : trailers_at(position);
  }
}

void ChainDirection::inject_at(size_t position, std::string_view data, bool end_stream) {
  Stage& stage = stages_[position];
  if (dead() || stage.ended || !stage.head_arrived) {
    return;
  }
  exit_.body_edited();
  const uint32_t epoch = epoch_;
  if (!stage.head_passed) {
    pass_head(position, false);
    if (epoch != epoch_ || dead()) {
      return;
    }
  }
  stage.ended |= end_stream;
  Buffer piece(data);
  data_at(position + 1, piece, end_stream);
}

void ChainDirection::replace_message(http::HeaderMap&& headers, std::string_view body,
                                     bool direct) {
  ++epoch_;
  for (Stage& stage : stages_) {
    resume_flow(stage);
    stage = Stage{};
  }
  aborted_ = finished_ = has_trailers_ = trailers_left_ = false;
  if (!direct) {
    const uint32_t epoch = epoch_;
    headers_in(std::move(headers), body.empty());
    if (!body.empty() && epoch == epoch_ && !dead()) {
      Buffer piece(body);
      data_in(piece, true);
    }
    return;
  }
  headers_ = std::move(headers);
  has_headers_ = true;
  for (Stage& stage : stages_) {
    stage.head_arrived = stage.head_passed = stage.end_arrived = stage.ended = true;
  }
  const http::HeaderMap* request = chain_.request.headers();
  exit_.message(http::content_length_of(headers_),
                request != nullptr && request->get(http::kMethod) == "HEAD");
  if (exit_.head(headers_, body.empty())) {
    finished_ = body.empty();
    chain_.ends.response_headers(headers_, body.empty());
  }
  if (!body.empty() && !dead()) {
    Buffer piece(body);
    data_at(stages_.size(), piece, true);
  }
}

void ChainDirection::abort() {
  aborted_ = true;
  finished_ = true;
  ++epoch_;
  for (Stage& stage : stages_) {
    resume_flow(stage);
    if (!stage.in_data) {
      stage.held.release();
    }
  }
}

http::HeaderMap* ChainDirection::add_trailers(size_t position) {
  Stage& stage = stages_[position];
  if (!stage.in_data || !stage.end_arrived || (has_trailers_ && !stage.trailers_shown)) {
    return nullptr;
  }
  if (!has_trailers_) {
    has_trailers_ = true;
    trailers_.clear();
  }
  stage.trailers_arrived = stage.trailers_shown = true;
  return &trailers_;
}

Buffer* ChainDirection::body(size_t position) {
  Stage& stage = stages_[position];
  if (aborted_ || !stage.head_arrived || stage.ended) {
    return nullptr;
  }
  return stage.in_data || !stage.held.empty() || stage.end_arrived ? &stage.held : nullptr;
}

void ChainDirection::stop(Stage& stage, const Verdict& verdict) {
  stage.state = verdict.show_later ? State::StoppedShow : State::StoppedAll;
  stage.watermark = !verdict.keep_reading;
}

void ChainDirection::resume_flow(Stage& stage) {
  stage.state = State::Flowing;
  if (stage.paused_source) {
    stage.paused_source = false;
    chain_.ends.resume_source(direction_);
  }
}

void ChainDirection::check_watermark(Stage& stage) {
  if (stage.watermark && !stage.paused_source &&
      stage.held.size() > chain_.limits.high_watermark_bytes) {
    stage.paused_source = true;
    chain_.ends.pause_source(direction_);
  } else if (stage.paused_source && stage.held.size() <= chain_.limits.high_watermark_bytes / 2) {
    stage.paused_source = false;
    chain_.ends.resume_source(direction_);
  }
}

// True when the stage holds more than this stream may: the stream has been answered or reset.
bool ChainDirection::over_limit(Stage& stage, size_t) {
  if (stage.watermark || stage.held.size() <= body_limit_) {
    return false;
  }
  const FailureKind kind = direction_ == Direction::Request ? FailureKind::RequestTooLarge
                                                            : FailureKind::ResponseTooLarge;
  if (!chain_.start_local_reply(reply_for(kind), direction_ == Direction::Response)) {
    chain_.pending_reset = "response_payload_too_large";
    chain_.take_reset();
  }
  return true;
}

}  // namespace wasmgate::filter
