#include <wasmtime.h>

#include "wasm/engine/wasmtime/wasmtime_handles.h"

namespace wasmgate::wasm {
namespace {

std::string take_bytes(wasm_byte_vec_t& bytes) {
  size_t size = bytes.size;
  while (size > 0 && bytes.data[size - 1] == '\0') {
    --size;
  }
  std::string out(bytes.data, size);
  wasm_byte_vec_delete(&bytes);
  return out;
}

void take_frames(wasm_frame_vec_t& frames, Trap& out) {
  for (size_t i = 0; i < frames.size; ++i) {
    TrapFrame frame;
    const wasm_name_t* name = wasmtime_frame_func_name(frames.data[i]);
    frame.function =
        name != nullptr ? std::string(name->data, name->size)
                        : "function[" + std::to_string(wasm_frame_func_index(frames.data[i])) + "]";
    frame.module_offset = wasm_frame_module_offset(frames.data[i]);
    out.frames.push_back(std::move(frame));
  }
  wasm_frame_vec_delete(&frames);
}

/// The engine writes the back-trace first and the reason last ("… Caused by: …"), or the reason
/// alone.
std::string reason_of(const std::string& text) {
  constexpr std::string_view kCausedBy = "Caused by:";
  const size_t caused = text.rfind(kCausedBy);
  size_t begin = caused == std::string::npos ? 0 : caused + kCausedBy.size();
  begin = text.find_first_not_of(" \n\t", begin);
  if (begin == std::string::npos) {
    return text;
  }
  std::string reason = text.substr(begin);
  reason.erase(reason.find_last_not_of(" \n") + 1);
  // "    0: reason" when there is a chain of causes: the last one is the reason.
  const size_t last_line = reason.find_last_of('\n');
  if (caused != std::string::npos && last_line != std::string::npos) {
    reason = reason.substr(last_line + 1);
  }
  const size_t number = reason.find_first_not_of(" 0123456789");
  if (number != std::string::npos && reason[number] == ':' && number > 0) {
    reason = reason.substr(reason.find_first_not_of(" ", number + 1));
  }
  return reason.substr(0, reason.find('\n'));
}

}  // namespace

std::string take_message(wasmtime_error_t* error) {
  const ErrorHandle owner(error);
  wasm_byte_vec_t text;
  wasmtime_error_message(error, &text);
  return take_bytes(text);
}

void read_trap(wasmtime_error_t* error, wasm_trap_t* trap, Trap& out) {
  wasm_frame_vec_t frames;
  wasm_byte_vec_t text;
  if (trap != nullptr) {
    const TrapHandle owner(trap);
    wasmtime_trap_code_t code = 0;
    out.cause = wasmtime_trap_code(trap, &code) && code == WASMTIME_TRAP_CODE_INTERRUPT
                    ? TrapCause::Deadline
                    : TrapCause::Trap;
    wasm_trap_message(trap, &text);
    out.detail = take_bytes(text);
    wasm_trap_trace(trap, &frames);
    take_frames(frames, out);
  } else {
    const ErrorHandle owner(error);
    out.cause = TrapCause::Host;
    wasmtime_error_message(error, &text);
    out.detail = take_bytes(text);
    wasmtime_error_wasm_trace(error, &frames);
    take_frames(frames, out);
  }
  out.message = reason_of(out.detail);
}

}  // namespace wasmgate::wasm
