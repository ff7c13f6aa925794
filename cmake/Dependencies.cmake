# The libraries that rooms link, each under one name. Which room may link which stands in src/CMakeLists.txt.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)

pkg_check_modules(fmt REQUIRED IMPORTED_TARGET fmt)
pkg_check_modules(spdlog REQUIRED IMPORTED_TARGET spdlog)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(fyaml REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)  # only its reader of replies
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(curl REQUIRED libcurl)        # loaded on demand: server/curl_on_demand.cc
pkg_check_modules(archive REQUIRED libarchive)  # loaded on demand: oci/archive_on_demand.cc

include(Llhttp)
include(Engine)
