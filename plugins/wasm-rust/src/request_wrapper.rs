//! Small questions about the request and response whose context runs now.

use proxy_wasm::hostcalls;
use proxy_wasm::types::MapType;

fn header(map: MapType, name: &str) -> String {
    hostcalls::get_map_value(map, name)
        .ok()
        .flatten()
        .unwrap_or_default()
}

fn request_header(name: &str) -> String {
    header(MapType::HttpRequestHeaders, name)
}

/// `:scheme`, empty when absent.
pub fn get_request_scheme() -> String {
    request_header(":scheme")
}

/// `:authority`, empty when absent.
pub fn get_request_host() -> String {
    request_header(":authority")
}

/// `:path` with its query, empty when absent.
pub fn get_request_path() -> String {
    request_header(":path")
}

/// `:method`, empty when absent.
pub fn get_request_method() -> String {
    request_header(":method")
}

/// Whether the request's body is not text: octet-stream, gRPC, or encoded.
pub fn is_binary_request_body() -> bool {
    is_binary(MapType::HttpRequestHeaders)
}

/// Whether the response's body is not text: octet-stream, gRPC, or encoded.
pub fn is_binary_response_body() -> bool {
    is_binary(MapType::HttpResponseHeaders)
}

fn is_binary(map: MapType) -> bool {
    let content_type = header(map, "content-type");
    content_type.contains("octet-stream")
        || content_type.contains("grpc")
        || !header(map, "content-encoding").is_empty()
}

/// Whether the request's headers announce a body.
pub fn has_request_body() -> bool {
    let length = request_header("content-length");
    !request_header("content-type").is_empty()
        || length.parse::<u64>().is_ok_and(|length| length > 0)
        || request_header("transfer-encoding") == "chunked"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;

    extern "C" fn nothing() {}

    /// Asks while a request with these headers is the one that runs.
    fn with_request<R>(headers: &[(&str, &str)], ask: impl FnOnce() -> R) -> R {
        let host = TestHost::start(nothing);
        let stream = host.stream();
        stream.request_headers(headers, true);
        ask()
    }

    #[test]
    fn the_request_line_is_there() {
        let headers = [(":path", "/a?b"), (":method", "PUT"), (":authority", "h:1")];
        let all = || {
            [
                get_request_scheme(),
                get_request_host(),
                get_request_path(),
                get_request_method(),
            ]
        };
        assert_eq!(with_request(&headers, all), ["http", "h:1", "/a?b", "PUT"]);
    }

    #[test]
    fn a_body_is_announced_by_type_length_or_transfer_encoding() {
        for (name, value, expected) in [
            ("content-type", "text/plain", true),
            ("content-length", "1", true),
            ("content-length", "0", false),
            ("content-length", "x", false),
            ("transfer-encoding", "chunked", true),
            ("transfer-encoding", "gzip", false),
            ("accept", "text/plain", false),
        ] {
            assert_eq!(
                with_request(&[(name, value)], has_request_body),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn binary_bodies_are_known_by_type_and_encoding() {
        for (name, value, expected) in [
            ("content-type", "application/octet-stream", true),
            ("content-type", "application/grpc+proto", true),
            ("content-type", "application/json", false),
            ("content-encoding", "gzip", true),
        ] {
            assert_eq!(
                with_request(&[(name, value)], is_binary_request_body),
                expected,
                "{value}"
            );
        }
        assert!(!with_request(
            &[("content-encoding", "gzip")],
            is_binary_response_body
        ));
    }
}
