#pragma once
// WASI preview1 as a plug-in sees it (ABI 1.6): clocks, random numbers, the configured environment,
// output that becomes log lines. There are no files and no sockets: those functions exist with
// their exact types and answer as the table says.

#include <cstdint>

#include "wasm/hostcalls/host_call.h"

namespace wasmgate::wasm::wasi {

// process.cc
Errno args_get(HostCall& call, uint32_t pointers, uint32_t bytes);
Errno args_sizes_get(HostCall& call, uint32_t count, uint32_t size);
Errno environ_get(HostCall& call, uint32_t pointers, uint32_t bytes);
Errno environ_sizes_get(HostCall& call, uint32_t count, uint32_t size);
Errno clock_res_get(HostCall& call, uint32_t clock, uint32_t out);
Errno clock_time_get(HostCall& call, uint32_t clock, uint64_t precision, uint32_t out);
Errno random_get(HostCall& call, uint32_t bytes, uint32_t size);
Errno sched_yield(HostCall& call);
Errno poll_oneoff(HostCall& call, uint32_t in, uint32_t out, uint32_t count, uint32_t events);
void proc_exit(HostCall& call, uint32_t code);
Errno proc_raise(HostCall& call, uint32_t signal);

// descriptors.cc
Errno fd_advise(HostCall& call, uint32_t fd, uint64_t offset, uint64_t size, uint32_t advice);
Errno fd_allocate(HostCall& call, uint32_t fd, uint64_t offset, uint64_t size);
Errno fd_close(HostCall& call, uint32_t fd);
Errno fd_datasync(HostCall& call, uint32_t fd);
Errno fd_fdstat_get(HostCall& call, uint32_t fd, uint32_t out);
Errno fd_fdstat_set_flags(HostCall& call, uint32_t fd, uint32_t flags);
Errno fd_fdstat_set_rights(HostCall& call, uint32_t fd, uint64_t base, uint64_t inheriting);
Errno fd_filestat_get(HostCall& call, uint32_t fd, uint32_t out);
Errno fd_filestat_set_size(HostCall& call, uint32_t fd, uint64_t size);
Errno fd_filestat_set_times(HostCall& call, uint32_t fd, uint64_t accessed, uint64_t modified,
                            uint32_t flags);
Errno fd_pread(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint64_t offset,
               uint32_t out);
Errno fd_prestat_get(HostCall& call, uint32_t fd, uint32_t out);
Errno fd_prestat_dir_name(HostCall& call, uint32_t fd, uint32_t path, uint32_t size);
Errno fd_pwrite(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint64_t offset,
                uint32_t out);
Errno fd_read(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint32_t out);
Errno fd_readdir(HostCall& call, uint32_t fd, uint32_t bytes, uint32_t size, uint64_t cookie,
                 uint32_t out);
Errno fd_renumber(HostCall& call, uint32_t from, uint32_t to);
Errno fd_seek(HostCall& call, uint32_t fd, uint64_t offset, uint32_t whence, uint32_t out);
Errno fd_sync(HostCall& call, uint32_t fd);
Errno fd_tell(HostCall& call, uint32_t fd, uint32_t out);
Errno fd_write(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint32_t out);

// paths.cc
Errno path_create_directory(HostCall& call, uint32_t fd, uint32_t path, uint32_t size);
Errno path_filestat_get(HostCall& call, uint32_t fd, uint32_t flags, uint32_t path, uint32_t size,
                        uint32_t out);
Errno path_filestat_set_times(HostCall& call, uint32_t fd, uint32_t flags, uint32_t path,
                              uint32_t size, uint64_t accessed, uint64_t modified, uint32_t times);
Errno path_link(HostCall& call, uint32_t fd, uint32_t flags, uint32_t path, uint32_t size,
                uint32_t new_fd, uint32_t new_path, uint32_t new_size);
Errno path_open(HostCall& call, uint32_t fd, uint32_t flags, uint32_t path, uint32_t size,
                uint32_t open_flags, uint64_t base, uint64_t inheriting, uint32_t fd_flags,
                uint32_t out);
Errno path_readlink(HostCall& call, uint32_t fd, uint32_t path, uint32_t size, uint32_t bytes,
                    uint32_t bytes_size, uint32_t out);
Errno path_remove_directory(HostCall& call, uint32_t fd, uint32_t path, uint32_t size);
Errno path_rename(HostCall& call, uint32_t fd, uint32_t path, uint32_t size, uint32_t new_fd,
                  uint32_t new_path, uint32_t new_size);
Errno path_symlink(HostCall& call, uint32_t old_path, uint32_t old_size, uint32_t fd, uint32_t path,
                   uint32_t size);
Errno path_unlink_file(HostCall& call, uint32_t fd, uint32_t path, uint32_t size);
Errno sock_accept(HostCall& call, uint32_t fd, uint32_t flags, uint32_t out);
Errno sock_recv(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint32_t flags,
                uint32_t size_out, uint32_t flags_out);
Errno sock_send(HostCall& call, uint32_t fd, uint32_t pieces, uint32_t count, uint32_t flags,
                uint32_t out);
Errno sock_shutdown(HostCall& call, uint32_t fd, uint32_t how);

}  // namespace wasmgate::wasm::wasi
