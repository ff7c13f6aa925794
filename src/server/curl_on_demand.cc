// libcurl, loaded when the first address is fetched. It brings some thirty libraries of its own
// (TLS, LDAP, Kerberos), whose relocations cost each start of the program, compiling children
// included, several times what a plug-in does. These are the functions that http_fetcher.cc calls.

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <cstdarg>

#include "base/library_on_demand.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace {

const wasmgate::LibraryOnDemand& curl_library() {
  static const wasmgate::LibraryOnDemand loaded("libcurl.so.4");
  return loaded;
}

}  // namespace

// The one variable argument is a long, a pointer or a curl_off_t: all of a pointer's size.
static_assert(sizeof(long) == sizeof(void*) && sizeof(curl_off_t) == sizeof(void*));
#define WASMGATE_FORWARD_VARIADIC(name, kind)                                                \
  extern "C" CURLcode name(CURL* curl, kind option, ...) {                                   \
    static const auto function = curl_library().function<CURLcode(CURL*, kind, ...)>(#name); \
    std::va_list rest;                                                                       \
    va_start(rest, option);                                                                  \
    void* const argument = va_arg(rest, void*);                                              \
    va_end(rest);                                                                            \
    return function != nullptr ? function(curl, option, argument) : CURLE_FAILED_INIT;       \
  }

WASMGATE_FORWARD(curl_library, CURLcode, curl_global_init, (long flags), (flags), CURLE_FAILED_INIT)
WASMGATE_FORWARD(curl_library, CURL*, curl_easy_init, (), (), nullptr)
WASMGATE_FORWARD(curl_library, CURLcode, curl_easy_perform, (CURL * curl), (curl),
                 CURLE_FAILED_INIT)
WASMGATE_FORWARD(curl_library, const char*, curl_easy_strerror, (CURLcode code), (code),
                 "libcurl.so.4 cannot be loaded")
WASMGATE_FORWARD(curl_library, curl_slist*, curl_slist_append,
                 (curl_slist * list, const char* text), (list, text), nullptr)
WASMGATE_FORWARD_VARIADIC(curl_easy_setopt, CURLoption)
WASMGATE_FORWARD_VARIADIC(curl_easy_getinfo, CURLINFO)

extern "C" void curl_easy_cleanup(CURL* curl) {
  if (const auto function = curl_library().function<void(CURL*)>("curl_easy_cleanup")) {
    function(curl);
  }
}

extern "C" void curl_easy_reset(CURL* curl) {
  if (const auto function = curl_library().function<void(CURL*)>("curl_easy_reset")) {
    function(curl);
  }
}

extern "C" void curl_slist_free_all(curl_slist* list) {
  if (const auto function = curl_library().function<void(curl_slist*)>("curl_slist_free_all")) {
    function(list);
  }
}
