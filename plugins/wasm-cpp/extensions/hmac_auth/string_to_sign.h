// The text that client and gateway sign.
//
// Lines: the values of :method, accept, content-md5, content-type and date; then the headers named
// in x-ca-signature-headers as "name:value", sorted; each followed by LF, empty when absent. Then
// the path without query and, when there are any, '?' and the parameters of query and form: sorted
// by name, percent-decoded, "k=v" joined by '&'. Of equal names the first counts, and the query
// before the form.
#pragma once

#include <string>
#include <string_view>

/// The text for the current request. `form`: a form body, or empty.
std::string stringToSign(std::string_view form);
