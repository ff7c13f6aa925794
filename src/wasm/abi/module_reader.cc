#include "wasm/abi/module_reader.h"

#include "fmt/format.h"

namespace wasmgate::wasm {
namespace {

constexpr std::string_view kHeader("\0asm\1\0\0\0", 8);
constexpr std::string_view kComponentHeader("\0asm\x0d\0\1\0", 8);
constexpr size_t kMaxItems = 1'000'000;

/// A cursor that turns bad after the first read past the end; reads then give zeros.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  bool good() const { return good_; }
  bool at_end() const { return at_ >= bytes_.size() || !good_; }
  size_t position() const { return at_; }
  void spoil() { good_ = false; }

  uint8_t byte() {
    if (at_ >= bytes_.size()) {
      good_ = false;
      return 0;
    }
    return static_cast<uint8_t>(bytes_[at_++]);
  }

  uint64_t number(int max_bits) {
    uint64_t out = 0;
    for (int shift = 0; shift < max_bits; shift += 7) {
      const uint8_t b = byte();
      out |= static_cast<uint64_t>(b & 0x7F) << shift;
      if ((b & 0x80) == 0) {
        return out;
      }
    }
    good_ = false;
    return 0;
  }

  uint32_t u32() { return static_cast<uint32_t>(number(35)); }

  std::string_view take(size_t size) {
    if (size > bytes_.size() - at_ || !good_) {
      good_ = false;
      return {};
    }
    const auto out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }

  std::string_view text() { return take(u32()); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  bool good_ = true;
};

class FactsReader {
 public:
  Result<ModuleFacts> read(std::string_view bytes) {
    if (bytes.starts_with(kComponentHeader)) {
      return fail(ErrorCode::InvalidArgument,
                  "this is a WebAssembly component; a plug-in is a core module");
    }
    if (!bytes.starts_with(kHeader)) {
      return fail(ErrorCode::InvalidArgument,
                  "not a WebAssembly module: the first bytes are not \"\\0asm\", version 1");
    }
    Cursor cursor(bytes.substr(kHeader.size()));
    while (!cursor.at_end()) {
      const size_t place = cursor.position() + kHeader.size();
      const uint8_t id = cursor.byte();
      Cursor section(cursor.text());
      if (cursor.good()) {
        read_section(id, section);
      }
      if (!cursor.good() || !section.good()) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("section {} at byte {} is damaged or cut off", id, place));
      }
    }
    resolve_exports();
    return std::move(facts_);
  }

 private:
  void read_section(uint8_t id, Cursor& section) {
    switch (id) {
      case 0:
        return read_custom(section);
      case 1:
        return read_types(section);
      case 2:
        return read_imports(section);
      case 3:
        return read_functions(section);
      case 4:
        return read_tables(section);
      case 5:
        return read_memories(section);
      case 7:
        return read_exports(section);
      case 8:
        facts_.has_start = true;
        return;
      case 10:
        facts_.code_bytes += rest(section);
        return;
      case 11:
        facts_.data_bytes += rest(section);
        return;
      case 13:
        facts_.has_tags = true;
        return;
      default:
        return;  // globals, elements, data count: the engine reads them
    }
  }

  static uint64_t rest(Cursor& section) {
    uint64_t size = 0;
    while (!section.at_end()) {
      section.byte();
      ++size;
    }
    return size;
  }

  /// The number of items of a vector; bad when it cannot be.
  static size_t count_of(Cursor& section) {
    const size_t count = section.u32();
    if (count > kMaxItems) {
      section.spoil();
      return 0;
    }
    return section.good() ? count : 0;
  }

  void read_custom(Cursor& section) {
    CustomSection out;
    out.name = section.text();
    Cursor measure = section;
    out.bytes = section.take(rest(measure));
    facts_.custom_sections.push_back(out);
  }

  static ValueType value_type(uint8_t byte) {
    switch (byte) {
      case 0x7F:
        return ValueType::I32;
      case 0x7E:
        return ValueType::I64;
      case 0x7D:
        return ValueType::F32;
      case 0x7C:
        return ValueType::F64;
      default:
        return ValueType::Other;
    }
  }

  static std::vector<ValueType> value_types(Cursor& section) {
    std::vector<ValueType> out;
    for (size_t left = count_of(section); left > 0 && section.good(); --left) {
      out.push_back(value_type(section.byte()));
    }
    return out;
  }

  void read_types(Cursor& section) {
    for (size_t left = count_of(section); left > 0 && section.good(); --left) {
      if (section.byte() != 0x60) {
        // A type of a proposal that is off: the engine refuses the module and says which.
        rest(section);
        return;
      }
      FunctionType type;
      type.params = value_types(section);
      type.results = value_types(section);
      types_.push_back(std::move(type));
    }
  }

  FunctionType type_at(uint32_t index) const {
    return index < types_.size() ? types_[index] : FunctionType{};
  }

  static ModuleLimits read_limits(Cursor& section) {
    ModuleLimits out;
    const uint8_t flags = section.byte();
    out.shared = (flags & 2) != 0;
    out.wide = (flags & 4) != 0;
    out.minimum = section.number(out.wide ? 70 : 35);
    if ((flags & 1) != 0) {
      out.maximum = section.number(out.wide ? 70 : 35);
    }
    return out;
  }

  void read_imports(Cursor& section) {
    for (size_t left = count_of(section); left > 0 && section.good(); --left) {
      ModuleImport import;
      import.module = section.text();
      import.name = section.text();
      switch (section.byte()) {
        case 0:
          import.type = type_at(section.u32());
          function_types_.push_back(import.type);
          break;
        case 1:
          import.kind = ItemKind::Table;
          section.byte();
          read_limits(section);
          break;
        case 2:
          import.kind = ItemKind::Memory;
          read_limits(section);
          break;
        case 3:
          import.kind = ItemKind::Global;
          section.byte();
          section.byte();
          break;
        case 4:
          import.kind = ItemKind::Tag;
          facts_.has_tags = true;
          section.byte();
          section.u32();
          break;
        default:
          section.spoil();
          return;
      }
      facts_.imports.push_back(std::move(import));
    }
  }

  void read_functions(Cursor& section) {
    for (size_t left = count_of(section); left > 0 && section.good(); --left) {
      function_types_.push_back(type_at(section.u32()));
      ++facts_.functions;
    }
  }

  void read_tables(Cursor& section) {
    for (size_t left = count_of(section); left > 0 && section.good(); --left) {
      const uint8_t type = section.byte();
      if (type != 0x70 && type != 0x6F) {
        rest(section);  // a table with an initial value, or of a proposal that is off
        return;
      }
      facts_.tables.push_back(read_limits(section));
    }
  }

  void read_memories(Cursor& section) {
    for (size_t left = count_of(section); left > 0 && section.good(); --left) {
      facts_.memories.push_back(read_limits(section));
    }
  }

  void read_exports(Cursor& section) {
    for (size_t left = count_of(section); left > 0 && section.good(); --left) {
      ModuleExport item;
      item.name = section.text();
      const uint8_t kind = section.byte();
      if (kind > 4) {
        section.spoil();
        return;
      }
      item.kind = static_cast<ItemKind>(kind);
      export_indices_.push_back(section.u32());
      facts_.exports.push_back(std::move(item));
    }
  }

  void resolve_exports() {
    for (size_t i = 0; i < facts_.exports.size(); ++i) {
      auto& item = facts_.exports[i];
      if (item.kind == ItemKind::Function && export_indices_[i] < function_types_.size()) {
        item.type = function_types_[export_indices_[i]];
      }
    }
  }

  ModuleFacts facts_;
  std::vector<FunctionType> types_;
  std::vector<FunctionType> function_types_;
  std::vector<uint32_t> export_indices_;
};

}  // namespace

Result<ModuleFacts> read_module(std::string_view bytes) { return FactsReader().read(bytes); }

}  // namespace wasmgate::wasm
