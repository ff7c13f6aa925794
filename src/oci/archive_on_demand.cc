// libarchive, loaded when the first archive is read. It brings a dozen libraries of its own, whose
// relocations cost each start of the program more than a plug-in does; most starts read no archive.
// These are the functions that tar_reader.cc calls.

#include <archive.h>
#include <archive_entry.h>

#include "base/library_on_demand.h"

namespace {

const wasmgate::LibraryOnDemand& archive_library() {
  static const wasmgate::LibraryOnDemand loaded("libarchive.so.13");
  return loaded;
}

}  // namespace

// Without the library each function fails as libarchive itself does.
WASMGATE_FORWARD(archive_library, archive*, archive_read_new, (), (), nullptr)
WASMGATE_FORWARD(archive_library, int, archive_read_free, (archive * a), (a), ARCHIVE_OK)
WASMGATE_FORWARD(archive_library, int, archive_read_support_format_tar, (archive * a), (a),
                 ARCHIVE_FATAL)
WASMGATE_FORWARD(archive_library, int, archive_read_support_format_raw, (archive * a), (a),
                 ARCHIVE_FATAL)
WASMGATE_FORWARD(archive_library, int, archive_read_support_filter_zstd, (archive * a), (a),
                 ARCHIVE_FATAL)
WASMGATE_FORWARD(archive_library, int, archive_read_open_memory,
                 (archive * a, const void* bytes, size_t size), (a, bytes, size), ARCHIVE_FATAL)
WASMGATE_FORWARD(archive_library, int, archive_read_next_header,
                 (archive * a, archive_entry** entry), (a, entry), ARCHIVE_FATAL)
WASMGATE_FORWARD(archive_library, int, archive_read_data_block,
                 (archive * a, const void** block, size_t* size, la_int64_t* offset),
                 (a, block, size, offset), ARCHIVE_FATAL)
WASMGATE_FORWARD(archive_library, const char*, archive_error_string, (archive * a), (a),
                 "libarchive.so.13 cannot be loaded")
WASMGATE_FORWARD(archive_library, const char*, archive_entry_pathname, (archive_entry * entry),
                 (entry), nullptr)
WASMGATE_FORWARD(archive_library, const char*, archive_entry_hardlink, (archive_entry * entry),
                 (entry), nullptr)
WASMGATE_FORWARD(archive_library, __LA_MODE_T, archive_entry_filetype, (archive_entry * entry),
                 (entry), 0)
WASMGATE_FORWARD(archive_library, la_int64_t, archive_entry_size, (archive_entry * entry), (entry),
                 0)
WASMGATE_FORWARD(archive_library, int, archive_entry_size_is_set, (archive_entry * entry), (entry),
                 0)
