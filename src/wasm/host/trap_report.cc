#include "wasm/host/trap_report.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "wasm/host/vm.h"

namespace wasmgate::wasm {
namespace {

constexpr size_t kMaxFrames = 32;
constexpr size_t kMaxDetailBytes = 8 * 1024;

std::string context_text(const Context* context) {
  if (context == nullptr || context->id == 0) {
    return "no context";
  }
  if (context->is_root) {
    return fmt::format("root context {}", context->id);
  }
  const auto& stream = static_cast<const StreamContext&>(*context);
  const auto request =
      stream.callbacks != nullptr ? stream.callbacks->info().request_id : std::string_view();
  return request.empty() ? fmt::format("stream context {}", context->id)
                         : fmt::format("stream context {}, request {}", context->id, request);
}

/// Sizes stand in parameters; without their names all arguments are numbers, none of them a value
/// of the message.
std::string call_text(const CallRecord& record) {
  std::string out(record.function->name);
  out.append("(");
  const size_t count = std::min(record.function->type.params.size(), record.args.size());
  for (size_t i = 0; i < count; ++i) {
    out.append(i == 0 ? "" : ", ").append(std::to_string(record.args[i]));
  }
  return out.append(")");
}

void append_calls(std::string& out, const TrapFacts& facts) {
  const size_t count = std::min(facts.record_count, facts.records.size());
  if (count == 0) {
    return;
  }
  out.append("\n  last host calls:");
  for (size_t i = facts.record_count - count; i < facts.record_count; ++i) {
    out.append(" ").append(call_text(facts.records[i % facts.records.size()]));
  }
}

/// The engine's own text has file and line when the module has them; without, the frames are
/// enough.
void append_trace(std::string& out, const TrapFacts& facts) {
  if (facts.trap.detail.find("    at ") != std::string::npos) {
    out.append("\n").append(facts.trap.detail.substr(0, kMaxDetailBytes));
    return;
  }
  const size_t count = std::min(facts.trap.frames.size(), kMaxFrames);
  for (size_t i = 0; i < count; ++i) {
    out.append(fmt::format("\n  #{} {} (module offset {:#x})", i, facts.trap.frames[i].function,
                           facts.trap.frames[i].module_offset));
  }
}

}  // namespace

std::string trap_report(const TrapFacts& facts) {
  const auto& spec = facts.code.spec;
  std::string out =
      fmt::format("plug-in {} broke ({}) in {}, {}: {}", spec.resource, to_string(facts.cause),
                  name_of(facts.callback), context_text(facts.context), facts.trap.message);
  out.append(fmt::format("\n  generation {}, module {}",
                         spec.generation.empty() ? "-" : spec.generation,
                         spec.digest.empty() ? "-" : spec.digest));
  for (const auto& line : facts.last_lines) {
    out.append("\n  the guest said: ").append(line);
  }
  append_calls(out, facts);
  append_trace(out, facts);
  return out;
}

FailureCause failure_cause_of(const Trap& trap, const std::deque<std::string>& last_lines,
                              size_t memory_bytes, const PluginLimits& limits) {
  if (trap.cause == TrapCause::Deadline) {
    return FailureCause::Deadline;
  }
  if (trap.cause == TrapCause::Memory || memory_bytes + 64 * 1024 > limits.memory_limit_bytes) {
    return FailureCause::Memory;
  }
  // What allocators of Rust, C++ and Go say before they give up.
  constexpr std::array<std::string_view, 4> kWords{"memory allocation of", "bad_alloc",
                                                   "out of memory", "Out of memory"};
  const bool said = std::any_of(last_lines.begin(), last_lines.end(), [&](const std::string& line) {
    return std::any_of(kWords.begin(), kWords.end(),
                       [&](auto word) { return line.find(word) != std::string::npos; });
  });
  return said ? FailureCause::Memory : FailureCause::Trap;
}

}  // namespace wasmgate::wasm
