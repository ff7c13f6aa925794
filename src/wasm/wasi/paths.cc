// Files and sockets, which a plug-in has none of: the functions exist so that modules load (D34).

#include "wasm/wasi/wasi.h"

namespace wasmgate::wasm::wasi {

Errno path_open(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*flags*/, uint32_t /*path*/,
                uint32_t /*size*/, uint32_t /*open_flags*/, uint64_t /*base*/,
                uint64_t /*inheriting*/, uint32_t /*fd_flags*/, uint32_t /*out*/) {
  return Errno::NoEnt;
}
Errno path_create_directory(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*path*/,
                            uint32_t /*size*/) {
  return Errno::NotSup;
}
Errno path_filestat_get(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*flags*/, uint32_t /*path*/,
                        uint32_t /*size*/, uint32_t /*out*/) {
  return Errno::NotSup;
}
Errno path_filestat_set_times(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*flags*/,
                              uint32_t /*path*/, uint32_t /*size*/, uint64_t /*accessed*/,
                              uint64_t /*modified*/, uint32_t /*times*/) {
  return Errno::NotSup;
}
Errno path_link(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*flags*/, uint32_t /*path*/,
                uint32_t /*size*/, uint32_t /*new_fd*/, uint32_t /*new_path*/,
                uint32_t /*new_size*/) {
  return Errno::NotSup;
}
Errno path_readlink(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*path*/, uint32_t /*size*/,
                    uint32_t /*bytes*/, uint32_t /*bytes_size*/, uint32_t /*out*/) {
  return Errno::NotSup;
}
Errno path_remove_directory(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*path*/,
                            uint32_t /*size*/) {
  return Errno::NotSup;
}
Errno path_rename(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*path*/, uint32_t /*size*/,
                  uint32_t /*new_fd*/, uint32_t /*new_path*/, uint32_t /*new_size*/) {
  return Errno::NotSup;
}
Errno path_symlink(HostCall& /*call*/, uint32_t /*old_path*/, uint32_t /*old_size*/,
                   uint32_t /*fd*/, uint32_t /*path*/, uint32_t /*size*/) {
  return Errno::NotSup;
}
Errno path_unlink_file(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*path*/, uint32_t /*size*/) {
  return Errno::NotSup;
}
Errno sock_accept(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*flags*/, uint32_t /*out*/) {
  return Errno::NotSup;
}
Errno sock_recv(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*pieces*/, uint32_t /*count*/,
                uint32_t /*flags*/, uint32_t /*size_out*/, uint32_t /*flags_out*/) {
  return Errno::NotSup;
}
Errno sock_send(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*pieces*/, uint32_t /*count*/,
                uint32_t /*flags*/, uint32_t /*out*/) {
  return Errno::NotSup;
}
Errno sock_shutdown(HostCall& /*call*/, uint32_t /*fd*/, uint32_t /*how*/) { return Errno::NotSup; }

}  // namespace wasmgate::wasm::wasi
