#include "oci/tar_writer.h"

#include <fmt/format.h>

#include "base/check.h"

namespace wasmgate::oci {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kRecord = 20 * kBlock;

void pad(std::string& out, size_t to) { out.append((to - out.size() % to) % to, '\0'); }

// Fields of a ustar header: name 100, mode 8, uid 8, gid 8, size 12, mtime 12, checksum 8, type 1,
// link name 100, magic 6, version 2, …
std::string header(const std::string& name, size_t size) {
  WASMGATE_CHECK(!name.empty() && name.size() < 100);
  std::string out = name;
  out.resize(100, '\0');
  out += fmt::format("{:07o}", 0644) + '\0';
  out += fmt::format("{:07o}", 0) + '\0';
  out += fmt::format("{:07o}", 0) + '\0';
  out += fmt::format("{:011o}", size) + '\0';
  out += fmt::format("{:011o}", 0) + '\0';
  const size_t checksum_at = out.size();
  out.append(8, ' ');
  out += '0';
  out.append(100, '\0');
  out.append(
      "ustar\0"
      "00",
      8);
  out.resize(kBlock, '\0');
  unsigned sum = 0;
  for (const char c : out) {
    sum += static_cast<unsigned char>(c);
  }
  out.replace(checksum_at, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return out;
}

}  // namespace

std::string write_tar(const std::map<std::string, std::string>& files) {
  std::string out;
  for (const auto& [name, content] : files) {
    out += header(name, content.size());
    out += content;
    pad(out, kBlock);
  }
  out.append(2 * kBlock, '\0');
  pad(out, kRecord);
  return out;
}

}  // namespace wasmgate::oci
