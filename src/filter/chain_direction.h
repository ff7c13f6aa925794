#pragma once
// One direction of a filter chain as a state machine, used twice. Each filter has a stage; parts
// enter at stage 0 and leave after the last one. A stage holds what its filter has not let pass.
//
//   stage state   head arrives            data arrives               trailers arrive
//   continue_stream Flowing       call, then by verdict   call with held + new       call –
//   StoppedShow   –                       call with held + new       call release head, held,
//   trailers → next StoppedAll    –                       hold (limit or watermark)  hold release
//   head → next; then call with held
//
// A filter that lets data or trailers pass releases its head first. At the exit, content-length is
// kept true (ContentLength).

#include <cstdint>
#include <optional>
#include <vector>

#include "base/arena_array.h"
#include "base/buffer.h"
#include "filter/content_length.h"
#include "filter/verdict.h"
#include "http/message/header_map.h"

namespace wasmgate::filter {

class ChainCore;

class ChainDirection {
 public:
  ChainDirection(ChainCore& chain, Direction direction) : chain_(chain), direction_(direction) {}

  /// Makes the stages in `memory`; `wants_length_repair`: some filter looks at bodies.
  void start(Arena& memory, size_t stage_count, bool wants_length_repair);

  void headers_in(http::HeaderMap&& headers, bool end_stream);
  void data_in(Buffer& data, bool end_stream);
  void trailers_in(http::HeaderMap&& trailers);

  /// Takes a local reply's message: past parts are forgotten. `direct`: leaves at once, passing no
  /// filter.
  void replace_message(http::HeaderMap&& headers, std::string_view body, bool direct);

  /// Forgets everything held; nothing moves any more.
  void abort();

  void continue_at(size_t position);
  /// Lets everything the stage holds go on without its filter (fail-open).
  void release_at(size_t position);
  void inject_at(size_t position, std::string_view data, bool end_stream);

  http::HeaderMap* headers() { return has_headers_ ? &headers_ : nullptr; }
  http::HeaderMap* trailers() { return has_trailers_ ? &trailers_ : nullptr; }
  http::HeaderMap* add_trailers(size_t position);
  bool headers_writable() const { return has_headers_ && !exit_.head_left() && !aborted_; }
  bool trailers_writable() const { return has_trailers_ && !trailers_left_ && !aborted_; }
  Buffer* body(size_t position);
  bool body_writable(size_t position) const { return !stages_[position].ended; }
  void body_changed() { exit_.body_edited(); }
  void set_body_limit(size_t bytes) { body_limit_ = bytes; }
  size_t body_limit() const { return body_limit_; }

  bool started() const { return has_headers_; }
  bool head_left() const { return exit_.head_left(); }
  bool finished() const { return finished_; }
  bool aborted() const { return aborted_; }

 private:
  enum class State : uint8_t { Flowing, StoppedShow, StoppedAll };

  struct Stage {
    Buffer held;
    State state = State::Flowing;
    bool watermark = false;  // back-pressure instead of a refusal
    bool paused_source = false;
    bool head_arrived = false;
    bool head_passed = false;
    bool end_arrived = false;    // the last part of this message is here
    bool end_with_head = false;  // it came with the head
    bool data_shown = false;     // everything held has been shown to the filter
    bool in_data = false;        // its data callback is on the stack
    bool trailers_arrived = false;
    bool trailers_shown = false;
    bool ended = false;  // the end has been passed on
  };

  /// What became of a part at a filter. Stopped: shown, and not let pass as it is. Gone: nothing is
  /// left to do here; it waits unseen, or the message was answered, replaced or reset.
  enum class Shown : uint8_t { Passed, Stopped, Gone };

  template <class Show, class Leave>
  void walk(size_t first, Show show, Leave leave);
  void head_at(size_t first, bool end_stream);
  Shown show_head(size_t position, bool end_stream);
  void leave_with_head(bool end_stream);
  void data_at(size_t first, Buffer& data, bool end_stream);
  Shown show_data(size_t position, Buffer& data, bool end_stream);
  void leave_with_data(Buffer& data, bool end_stream);
  void trailers_at(size_t position);
  void pass_head(size_t position, bool end_stream);
  void pass_held(size_t position, bool end_stream);
  void pass_trailers(size_t position);
  void pass_everything(size_t position, bool show_held);
  bool over_limit(Stage& stage, size_t position);
  void stop(Stage& stage, const Verdict& verdict);
  void resume_flow(Stage& stage);
  void check_watermark(Stage& stage);
  bool dead() const;

  ChainCore& chain_;
  Direction direction_;
  ArenaArray<Stage> stages_;
  http::HeaderMap headers_;
  http::HeaderMap trailers_;
  ContentLength exit_;
  size_t body_limit_ = 0;
  uint32_t epoch_ = 0;  // rises with replace_message, so that frames below on the stack notice
  bool has_headers_ = false;
  bool has_trailers_ = false;
  bool trailers_left_ = false;
  bool finished_ = false;
  bool aborted_ = false;
};

}  // namespace wasmgate::filter
