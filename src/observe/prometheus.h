#pragma once
// The text of the metrics page (Prometheus text format 0.0.4), and the escaping that keeps names
// and values from plug-ins from forging lines in it.

#include <string>
#include <string_view>

#include "observe/metrics.h"

namespace wasmgate {

/// The whole page: per name one HELP and one TYPE line, then a line per series. Ends with a
/// newline, or is empty.
std::string render_prometheus(const MetricRegistry& registry);

/// The content type of that page.
inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

/// A valid metric name ([a-zA-Z_:][a-zA-Z0-9_:]*): each other byte becomes "_", a leading digit
/// gets one before it.
std::string prometheus_name(std::string_view raw);

/// A valid label name: as above without the colon, and no leading "__".
std::string prometheus_label(std::string_view raw);

/// A label value between quotes: backslash, quote and newline escaped, other control bytes as
/// \\xNN, bad UTF-8 as U+FFFD.
std::string prometheus_value(std::string_view raw);

}  // namespace wasmgate
