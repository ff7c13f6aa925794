#include "wasm/abi/module_report.h"

#include <algorithm>

#include "fmt/format.h"
#include "wasm/abi/callbacks.h"
#include "wasm/abi/module_reader.h"
#include "wasm/hostcalls/hostcall_table.h"

namespace wasmgate::wasm {
namespace {

constexpr uint64_t kPageBytes = 65536;

class Inspector {
 public:
  Inspector(const ModuleFacts& facts, const InspectLimits& limits, ModuleReport& out)
      : facts_(facts), limits_(limits), out_(out) {}

  void run() {
    find_versions();
    judge_imports();
    judge_callbacks();
    judge_memory();
    judge_tables();
    read_sections();
    if (facts_.has_tags) {
      problem("it uses exception handling, which this host does not enable");
    }
    out_.code_bytes = facts_.code_bytes;
    out_.data_bytes = facts_.data_bytes;
    out_.functions = facts_.functions;
  }

 private:
  void problem(std::string text) { out_.problems.push_back(std::move(text)); }
  void warning(std::string text) { out_.warnings.push_back(std::move(text)); }

  void find_versions() {
    for (const auto version :
         {AbiVersion::V0_1_0, AbiVersion::V0_2_0, AbiVersion::V0_2_1, AbiVersion::V0_2_100}) {
      std::string name(to_string(version));
      std::replace(name.begin(), name.end(), '.', '_');
      name.insert(0, kAbiMarkerPrefix);
      if (std::any_of(facts_.exports.begin(), facts_.exports.end(),
                      [&](const ModuleExport& e) { return e.name == name; })) {
        out_.markers.push_back(version);
        out_.version = version;
      }
    }
    if (!out_.version) {
      problem("Missing or unknown Proxy-Wasm ABI version");
    } else if (out_.markers.size() > 1) {
      warning(fmt::format("several ABI markers are exported; {} counts", to_string(*out_.version)));
    }
  }

  void judge_imports() {
    std::string unknown;
    for (const auto& import : facts_.imports) {
      if (import.kind == ItemKind::Memory) {
        problem(fmt::format("it imports a memory ({}.{}); a plug-in must have its own",
                            import.module, import.name));
        continue;
      }
      ImportReport report;
      report.module = import.module;
      report.name = import.name;
      report.type = import.type;
      judge(import, report);
      if (!report.problem.empty()) {
        unknown.append(unknown.empty() ? "" : ", ")
            .append(fmt::format("{}.{} ({})", import.module, import.name, report.problem));
      }
      out_.imports.push_back(std::move(report));
    }
    if (!unknown.empty()) {
      problem("imports that this host does not have: " + unknown);
    }
  }

  static void judge(const ModuleImport& import, ImportReport& report) {
    const HostcallEntry* exact = import.kind == ItemKind::Function
                                     ? find_hostcall(import.module, import.name, import.type)
                                     : nullptr;
    if (exact != nullptr) {
      report.known = true;
      report.hosts = exact->hosts;
      return;
    }
    const HostcallEntry* named = find_hostcall_name(import.module, import.name);
    if (import.kind != ItemKind::Function) {
      report.problem = "not a function";
    } else if (named != nullptr) {
      report.hosts = named->hosts;
      report.problem =
          fmt::format("type {}, wanted {}", to_string(named->type), to_string(import.type));
    } else {
      report.problem = "unknown";
    }
  }

  const ModuleExport* find_export(std::string_view name) const {
    const auto at = std::find_if(
        facts_.exports.begin(), facts_.exports.end(),
        [&](const ModuleExport& e) { return e.name == name && e.kind == ItemKind::Function; });
    return at == facts_.exports.end() ? nullptr : &*at;
  }

  bool has(Callback callback) const {
    const ModuleExport* item = find_export(name_of(callback));
    return item != nullptr &&
           item->type == type_of(callback, out_.version.value_or(AbiVersion::V0_2_1));
  }

  void judge_callbacks() {
    for (size_t i = 0; i < kCallbacks; ++i) {
      const auto callback = static_cast<Callback>(i);
      const auto name = name_of(callback);
      const ModuleExport* item = find_export(name);
      if (item == nullptr || !name.starts_with("proxy_")) {
        continue;
      }
      const bool usable = has(callback);
      out_.callbacks.push_back({std::string(name), usable, true});
      if (!usable) {
        warning(
            fmt::format("{} has type {}; it must be {} and counts as missing", name,
                        item->type ? to_string(*item->type) : "?",
                        to_string(type_of(callback, out_.version.value_or(AbiVersion::V0_2_1)))));
      }
    }
    for (const auto name : uncalled_callbacks()) {
      if (find_export(name) != nullptr) {
        out_.callbacks.push_back({std::string(name), true, false});
      }
    }
    out_.allocator = has(Callback::MemoryAllocate) ? name_of(Callback::MemoryAllocate)
                     : has(Callback::Malloc)       ? name_of(Callback::Malloc)
                                                   : "";
    out_.start = has(Callback::Initialize) ? name_of(Callback::Initialize)
                 : has(Callback::Start)    ? name_of(Callback::Start)
                                           : "";
    if (out_.allocator.empty()) {
      problem(
          "it exports neither proxy_on_memory_allocate nor malloc, so that the host cannot give it "
          "data");
    }
  }

  void judge_memory() {
    const bool exported = std::any_of(
        facts_.exports.begin(), facts_.exports.end(),
        [](const ModuleExport& e) { return e.kind == ItemKind::Memory && e.name == "memory"; });
    if (!exported) {
      problem("it does not export its memory as \"memory\"");
    }
    if (facts_.memories.size() > 1) {
      problem("it has more than one memory");
    }
    for (const auto& memory : facts_.memories) {
      if (memory.shared || memory.wide) {
        problem(memory.shared ? "its memory is shared (threads)"
                              : "its memory has 64-bit addresses");
        continue;
      }
      out_.memory_min_bytes = memory.minimum * kPageBytes;
      if (memory.maximum) {
        out_.memory_max_bytes = *memory.maximum * kPageBytes;
      }
      if (out_.memory_min_bytes > limits_.memory_limit_bytes) {
        problem(fmt::format("it needs {} bytes of memory; the limit is {}", out_.memory_min_bytes,
                            limits_.memory_limit_bytes));
      }
    }
  }

  void judge_tables() {
    for (const auto& table : facts_.tables) {
      out_.table_elements += table.minimum;
    }
    if (out_.table_elements > limits_.table_elements) {
      problem(fmt::format("it needs {} table elements; the limit is {}", out_.table_elements,
                          limits_.table_elements));
    }
  }

  void read_sections() {
    for (const auto& section : facts_.custom_sections) {
      out_.custom_sections.emplace_back(section.name);
      out_.has_names = out_.has_names || section.name == "name";
      out_.has_dwarf = out_.has_dwarf || section.name == ".debug_line";
      if (section.name == "producers") {
        out_.languages = languages_of(section.bytes);
      }
      if (section.name.starts_with("precompiled_")) {
        warning(
            fmt::format("the section {} is ignored: precompiled code is never run", section.name));
      }
    }
  }

  /// The producers section: count; per field its name, count and (name, version) pairs. Strings
  /// have a one-byte length here as long as they are short, which is all that is read.
  static std::string languages_of(std::string_view bytes) {
    size_t at = 0;
    const auto number = [&]() -> size_t {
      return at < bytes.size() ? static_cast<uint8_t>(bytes[at++]) : 0;
    };
    const auto text = [&]() -> std::string_view {
      const size_t size = number();
      const auto out = at < bytes.size() ? bytes.substr(at, size) : std::string_view();
      at += size;
      return out;
    };
    std::string out;
    for (size_t fields = number(); fields > 0 && at < bytes.size(); --fields) {
      const auto field = text();
      for (size_t values = number(); values > 0 && at < bytes.size(); --values) {
        const auto name = text();
        const auto version = text();
        if (field == "language") {
          out.append(out.empty() ? "" : ", ").append(name);
          out.append(version.empty() ? "" : " ").append(version);
        }
      }
    }
    return out;
  }

  const ModuleFacts& facts_;
  const InspectLimits& limits_;
  ModuleReport& out_;
};

}  // namespace

ModuleReport inspect_module(std::string_view bytes, const InspectLimits& limits) {
  ModuleReport out;
  out.module_bytes = bytes.size();
  const auto facts = read_module(bytes);
  if (!facts) {
    out.problems.push_back(facts.error().detail);
    return out;
  }
  Inspector(*facts, limits, out).run();
  return out;
}

}  // namespace wasmgate::wasm
