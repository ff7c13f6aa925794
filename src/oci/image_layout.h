#pragma once
// The OCI image layout (a folder that holds images) as documents: which files it has and what
// index.json says. The files themselves are read and written by artifact/layout_folder.

#include <map>
#include <string>
#include <string_view>

#include "oci/manifest.h"

namespace wasmgate::oci {

inline constexpr std::string_view kLayoutMarkerFile = "oci-layout";
inline constexpr std::string_view kLayoutIndexFile = "index.json";

/// The text of oci-layout.
std::string layout_marker();
/// Errors: Unsupported for another version, Protocol for other text.
Result<void> check_layout_marker(std::string_view text);

/// "blobs/sha256/<hex>".
std::string layout_blob_path(const Digest& digest);

/// True for the files that make up a layout, by their name inside it.
bool is_layout_file(std::string_view name);

/// The name of an image of a layout: the full one when there, else the tag; may be empty.
std::string layout_name(const Descriptor& entry);

/// index.json with one more image. `index_text`: the present one, empty for none. `name`: the full
/// reference, or a bare tag; an entry of the same name is replaced. Errors: those of read_document.
Result<std::string> layout_index_with(std::string_view index_text, const Descriptor& manifest,
                                      const std::string& name);

/// The image called `name` (a tag or a full reference); with an empty name the only one, signatures
/// beside it not counted.
/// Errors: NotFound (lists the names), Protocol.
Result<Descriptor> layout_find(std::string_view index_text, const std::string& name);

/// The files of a layout that is packed as a tar archive: name ("oci-layout", "index.json",
/// "blobs/sha256/<hex>") → bytes. Other entries are passed over. Errors: those of TarReader;
/// NotFound when it is no layout; LimitExceeded past kLayoutArchiveBytes in all.
Result<std::map<std::string, std::string>> read_layout_archive(std::string_view tar);

inline constexpr size_t kLayoutArchiveBytes = 128ULL * 1024 * 1024;

}  // namespace wasmgate::oci
