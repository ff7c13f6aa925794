// libarchive, loaded when the first archive is read. It brings a dozen libraries of its own, whose relocations cost each start of
// the program more than a plug-in does; most starts read no archive. These are the functions that tar_reader.cc calls.

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>

namespace {

constexpr const char* kLibrary = "libarchive.so.13";

struct Library {
  void* handle = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  template <class F>
  F* function(const char* name) const {
    return handle != nullptr ? reinterpret_cast<F*>(::dlsym(handle, name)) : nullptr;
  }
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

}  // namespace

// Without the library each function fails as libarchive itself does.
#define WASMGATE_FORWARD(result, name, parameters, arguments, failure)               \
  extern "C" result name parameters {                                               \
    static const auto function = library().function<result parameters>(#name);      \
    return function != nullptr ? function arguments : failure;                      \
  }

WASMGATE_FORWARD(archive*, archive_read_new, (), (), nullptr)
WASMGATE_FORWARD(int, archive_read_free, (archive * a), (a), ARCHIVE_OK)
WASMGATE_FORWARD(int, archive_read_support_format_tar, (archive * a), (a), ARCHIVE_FATAL)
WASMGATE_FORWARD(int, archive_read_support_format_raw, (archive * a), (a), ARCHIVE_FATAL)
WASMGATE_FORWARD(int, archive_read_support_filter_zstd, (archive * a), (a), ARCHIVE_FATAL)
WASMGATE_FORWARD(int, archive_read_open_memory, (archive * a, const void* bytes, size_t size), (a, bytes, size), ARCHIVE_FATAL)
WASMGATE_FORWARD(int, archive_read_next_header, (archive * a, archive_entry** entry), (a, entry), ARCHIVE_FATAL)
WASMGATE_FORWARD(int, archive_read_data_block, (archive * a, const void** block, size_t* size, la_int64_t* offset),
                 (a, block, size, offset), ARCHIVE_FATAL)
WASMGATE_FORWARD(const char*, archive_error_string, (archive * a), (a), "libarchive.so.13 cannot be loaded")
WASMGATE_FORWARD(const char*, archive_entry_pathname, (archive_entry * entry), (entry), nullptr)
WASMGATE_FORWARD(const char*, archive_entry_hardlink, (archive_entry * entry), (entry), nullptr)
WASMGATE_FORWARD(__LA_MODE_T, archive_entry_filetype, (archive_entry * entry), (entry), 0)
WASMGATE_FORWARD(la_int64_t, archive_entry_size, (archive_entry * entry), (entry), 0)
WASMGATE_FORWARD(int, archive_entry_size_is_set, (archive_entry * entry), (entry), 0)
