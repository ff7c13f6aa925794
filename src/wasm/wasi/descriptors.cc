// Descriptors: 1 and 2 are the log, there are no others.

#include "wasm/wasi/wasi.h"

namespace wasmgate::wasm::wasi {
namespace {

constexpr uint32_t kStdout = 1;
constexpr uint32_t kStderr = 2;
constexpr uint32_t kMaxPieces = 1024;

bool is_output(uint32_t fd) { return fd == kStdout || fd == kStderr; }
Errno known(uint32_t fd) { return is_output(fd) ? Errno::Success : Errno::BadF; }

/// Writes the pieces of an iovec to the log. A bad address writes nothing.
Errno write_pieces(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint32_t out) {
  if (!is_output(fd)) {
    return Errno::BadF;
  }
  const auto& memory = call.memory();
  if (count > kMaxPieces) {
    return Errno::Inval;
  }
  if (!memory.holds(pieces, count * 8) || !memory.holds(out, 4)) {
    return Errno::Fault;
  }
  uint64_t total = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const auto piece =
        memory.read(*memory.read_u32(pieces + i * 8), *memory.read_u32(pieces + i * 8 + 4));
    if (!piece) {
      return Errno::Fault;
    }
    total += piece->size();
  }
  if (total > UINT32_MAX) {
    return Errno::Inval;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const auto piece =
        memory.read(*memory.read_u32(pieces + i * 8), *memory.read_u32(pieces + i * 8 + 4));
    call.vm().guest_log().write_stream(fd == kStderr, *piece);
  }
  memory.write_u32(out, static_cast<uint32_t>(total));
  return Errno::Success;
}

}  // namespace

Errno fd_write(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint32_t out) {
  return write_pieces(call, fd, pieces, count, out);
}

Errno fd_pwrite(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint64_t /*offset*/,
                uint32_t out) {
  return write_pieces(call, fd, pieces, count, out);
}

Errno fd_fdstat_get(HostCall& call, uint32_t fd, uint32_t out) {
  if (!is_output(fd)) {
    return Errno::BadF;
  }
  // 24 bytes: type u8 (character device 2), flags u16 at 2, rights u64 at 8 (fd_write: bit 6),
  // inherited rights u64 at 16.
  if (!call.memory().write(out, std::string_view("\2\0\0\0\0\0\0\0", 8)) ||
      !call.memory().write_u64(out + 8, 64)) {
    return Errno::Fault;
  }
  return call.memory().write_u64(out + 16, 64) ? Errno::Success : Errno::Fault;
}

Errno fd_tell(HostCall& call, uint32_t fd, uint32_t out) {
  if (!is_output(fd)) {
    return Errno::BadF;
  }
  return call.memory().write_u64(out, 0) ? Errno::Success : Errno::Fault;
}

Errno fd_seek(HostCall& call, uint32_t /*fd*/, uint64_t /*offset*/, uint32_t /*whence*/,
              uint32_t out) {
  return call.memory().write_u64(out, 0) ? Errno::Success : Errno::Fault;
}

Errno fd_close(HostCall& /*call*/, uint32_t /*fd*/) { return Errno::Success; }
Errno fd_advise(HostCall& /*call*/, uint32_t /*fd*/, uint64_t /*offset*/, uint64_t /*size*/,
                uint32_t /*advice*/) {
  return Errno::Success;
}
Errno fd_allocate(HostCall& /*call*/, uint32_t fd, uint64_t /*offset*/, uint64_t /*size*/) {
  return known(fd);
}
Errno fd_datasync(HostCall& /*call*/, uint32_t fd) { return known(fd); }
Errno fd_sync(HostCall& /*call*/, uint32_t fd) { return known(fd); }
Errno fd_fdstat_set_rights(HostCall& /*call*/, uint32_t fd, uint64_t /*base*/,
                           uint64_t /*inheriting*/) {
  return known(fd);
}
Errno fd_filestat_set_size(HostCall& /*call*/, uint32_t fd, uint64_t /*size*/) { return known(fd); }
Errno fd_filestat_set_times(HostCall& /*call*/, uint32_t fd, uint64_t /*accessed*/,
                            uint64_t /*modified*/, uint32_t /*flags*/) {
  return known(fd);
}
Errno fd_fdstat_set_flags(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*flags*/) {
  return Errno::NoSys;
}
Errno fd_filestat_get(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*out*/) { return Errno::BadF; }
Errno fd_prestat_get(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*out*/) { return Errno::BadF; }
Errno fd_prestat_dir_name(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*path*/,
                          uint32_t /*size*/) {
  return Errno::NoSys;
}
Errno fd_read(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*pieces*/, uint32_t /*count*/,
              uint32_t /*out*/) {
  return Errno::NoSys;
}
Errno fd_pread(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*pieces*/, uint32_t /*count*/,
               uint64_t /*offset*/, uint32_t /*out*/) {
  return Errno::NoSys;
}
Errno fd_readdir(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*bytes*/, uint32_t /*size*/,
                 uint64_t /*cookie*/, uint32_t /*out*/) {
  return Errno::NotDir;
}
Errno fd_renumber(HostCall& /*call*/, uint32_t from, uint32_t /*to*/) {
  return is_output(from) ? Errno::NotSup : Errno::BadF;
}

}  // namespace wasmgate::wasm::wasi
