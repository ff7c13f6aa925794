// The driving guest in C++: what suite.py's text form does, by another tool chain. It takes its
// program from its configuration and makes the calls of each phase; statuses and the order of
// callbacks stand where the text form leaves them, in memory below the module's own data (linked
// with --global-base).

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

namespace {

constexpr uint32_t kData = 0x1000;
constexpr uint32_t kStatuses = 0x8000;
constexpr uint32_t kStatusesSize = 0x1000;
constexpr uint32_t kEvents = 0xA000;
constexpr uint32_t kNotCalled = 0xFFFFFFFF;
constexpr int32_t kOwnDefault = -2;
constexpr uint32_t kVmStart = 0;
constexpr uint32_t kConfigure = 1;
constexpr uint32_t kVmConfiguration = 6;
constexpr uint32_t kPluginConfiguration = 7;

using Thunk = uint32_t (*)(const uint64_t*);

struct Record {
  uint32_t phase;
  uint32_t function;
  uint32_t references;  // bit k: argument k is the address of a u32
  uint32_t unused;
  uint64_t arguments[14];
};

struct Header {
  uint32_t records;
  uint32_t data_size;
  int32_t returns[32];  // by phase
};

Header header;
std::vector<Record> records;
bool loaded = false;
uint32_t* next_event = reinterpret_cast<uint32_t*>(kEvents);

uint32_t callback(uint32_t phase, std::initializer_list<uint32_t> arguments, uint32_t result);

}  // namespace

#include DRIVER_TABLE

extern "C" __attribute__((import_module("env"), import_name("proxy_get_buffer_bytes"))) uint32_t
get_buffer_bytes(uint32_t id, uint32_t start, uint32_t size, char** data, uint32_t* data_size);

namespace {

uint8_t digit(char c) { return static_cast<uint8_t>(c >= 'a' ? c - 'a' + 10 : c - '0'); }

/// Hexadecimal text, between quotes or alone.
void load(uint32_t buffer) {
  char* text = nullptr;
  uint32_t size = 0;
  if (loaded || get_buffer_bytes(buffer, 0, 0xFFFFF, &text, &size) != 0 || size == 0) {
    return;
  }
  if (text[0] == '"') {
    ++text;
    size -= 2;
  }
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i + 1 < size; i += 2) {
    bytes.push_back(static_cast<uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  records.resize(header.records);
  std::memcpy(records.data(), bytes.data() + sizeof(header), header.records * sizeof(Record));
  std::memcpy(reinterpret_cast<void*>(kData),
              bytes.data() + sizeof(header) + header.records * sizeof(Record), header.data_size);
  std::memset(reinterpret_cast<void*>(kStatuses), 0xFF, kStatusesSize);
  loaded = true;
}

void run(uint32_t phase) {
  auto* statuses = reinterpret_cast<volatile uint32_t*>(kStatuses);
  for (size_t i = 0; loaded && i < records.size(); ++i) {
    Record& record = records[i];
    if (record.phase != phase || statuses[i] != kNotCalled) {
      continue;
    }
    for (uint32_t k = 0; k < 14; ++k) {
      if ((record.references >> k & 1) != 0) {
        record.arguments[k] =
            *reinterpret_cast<volatile uint32_t*>(static_cast<uint32_t>(record.arguments[k]));
      }
    }
    statuses[i] = thunks[record.function](record.arguments);
  }
}

uint32_t callback(uint32_t phase, std::initializer_list<uint32_t> arguments, uint32_t result) {
  if (phase == kVmStart || phase == kConfigure) {
    load(phase == kVmStart ? kVmConfiguration : kPluginConfiguration);
  }
  *next_event++ = phase;
  *next_event++ = arguments.size();
  for (const uint32_t argument : arguments) {
    *next_event++ = argument;
  }
  run(phase);
  return loaded && header.returns[phase] != kOwnDefault
             ? static_cast<uint32_t>(header.returns[phase])
             : result;
}

}  // namespace
