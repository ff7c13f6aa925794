//! The context of an HTTP request and its response.

use super::{or_default, Context};
use crate::hostcalls;
use crate::types::*;

/// One per HTTP request.
pub trait HttpContext: Context {
    /// The head of the request. `end_of_stream`: there is no body.
    fn on_http_request_headers(
        &mut self,
        _num_headers: usize,
        _end_of_stream: bool,
    ) -> HeaderAction {
        HeaderAction::Continue
    }

    /// The headers of the request, in order.
    fn get_http_request_headers(&self) -> Vec<(String, String)> {
        or_default(
            "get_http_request_headers",
            hostcalls::get_map(MapType::HttpRequestHeaders),
        )
    }

    /// The headers of the request, in order, values as bytes.
    fn get_http_request_headers_bytes(&self) -> Vec<(String, Bytes)> {
        or_default(
            "get_http_request_headers_bytes",
            hostcalls::get_map_bytes(MapType::HttpRequestHeaders),
        )
    }

    /// One header of the request.
    fn get_http_request_header(&self, name: &str) -> Option<String> {
        or_default(
            "get_http_request_header",
            hostcalls::get_map_value(MapType::HttpRequestHeaders, name),
        )
    }

    /// One header of the request, as bytes.
    fn get_http_request_header_bytes(&self, name: &str) -> Option<Bytes> {
        or_default(
            "get_http_request_header_bytes",
            hostcalls::get_map_value_bytes(MapType::HttpRequestHeaders, name),
        )
    }

    /// Replaces them all.
    fn set_http_request_headers(&self, map: Vec<(&str, &str)>) {
        or_default(
            "set_http_request_headers",
            hostcalls::set_map(MapType::HttpRequestHeaders, map),
        )
    }

    /// Replaces them all, values as bytes.
    fn set_http_request_headers_bytes(&self, map: Vec<(&str, &[u8])>) {
        or_default(
            "set_http_request_headers_bytes",
            hostcalls::set_map_bytes(MapType::HttpRequestHeaders, map),
        )
    }

    /// Sets one request header; `None` removes it.
    fn set_http_request_header(&self, name: &str, value: Option<&str>) {
        or_default(
            "set_http_request_header",
            hostcalls::set_map_value(MapType::HttpRequestHeaders, name, value),
        )
    }

    /// Sets one request header to bytes; `None` removes it.
    fn set_http_request_header_bytes(&self, name: &str, value: Option<&[u8]>) {
        or_default(
            "set_http_request_header_bytes",
            hostcalls::set_map_value_bytes(MapType::HttpRequestHeaders, name, value),
        )
    }

    /// Adds one request header beside those of the same name.
    fn add_http_request_header(&self, name: &str, value: &str) {
        or_default(
            "add_http_request_header",
            hostcalls::add_map_value(MapType::HttpRequestHeaders, name, value),
        )
    }

    /// Adds one request header with a value given as bytes.
    fn add_http_request_header_bytes(&self, name: &str, value: &[u8]) {
        or_default(
            "add_http_request_header_bytes",
            hostcalls::add_map_value_bytes(MapType::HttpRequestHeaders, name, value),
        )
    }

    /// Removes every request header of a name.
    fn remove_http_request_header(&self, name: &str) {
        or_default(
            "remove_http_request_header",
            hostcalls::remove_map_value(MapType::HttpRequestHeaders, name),
        )
    }

    /// A piece of the request's body; `body_size` is everything the host holds, this piece included.
    fn on_http_request_body(&mut self, _body_size: usize, _end_of_stream: bool) -> DataAction {
        DataAction::Continue
    }

    /// Bytes of the request's body, as far as the host holds it.
    fn get_http_request_body(&self, start: usize, max_size: usize) -> Option<Bytes> {
        or_default(
            "get_http_request_body",
            hostcalls::get_buffer(BufferType::HttpRequestBody, start, max_size),
        )
    }

    /// Replaces `size` bytes of the held body from `start`.
    fn set_http_request_body(&self, start: usize, size: usize, value: &[u8]) {
        or_default(
            "set_http_request_body",
            hostcalls::set_buffer(BufferType::HttpRequestBody, start, size, value),
        )
    }

    /// The trailers of the request.
    fn on_http_request_trailers(&mut self, _num_trailers: usize) -> Action {
        Action::Continue
    }

    /// The trailers of the request, in order.
    fn get_http_request_trailers(&self) -> Vec<(String, String)> {
        or_default(
            "get_http_request_trailers",
            hostcalls::get_map(MapType::HttpRequestTrailers),
        )
    }

    /// The trailers of the request, in order, values as bytes.
    fn get_http_request_trailers_bytes(&self) -> Vec<(String, Bytes)> {
        or_default(
            "get_http_request_trailers_bytes",
            hostcalls::get_map_bytes(MapType::HttpRequestTrailers),
        )
    }

    /// One trailer of the request.
    fn get_http_request_trailer(&self, name: &str) -> Option<String> {
        or_default(
            "get_http_request_trailer",
            hostcalls::get_map_value(MapType::HttpRequestTrailers, name),
        )
    }

    /// One trailer of the request, as bytes.
    fn get_http_request_trailer_bytes(&self, name: &str) -> Option<Bytes> {
        or_default(
            "get_http_request_trailer_bytes",
            hostcalls::get_map_value_bytes(MapType::HttpRequestTrailers, name),
        )
    }

    /// Replaces them all.
    fn set_http_request_trailers(&self, map: Vec<(&str, &str)>) {
        or_default(
            "set_http_request_trailers",
            hostcalls::set_map(MapType::HttpRequestTrailers, map),
        )
    }

    /// Replaces them all, values as bytes.
    fn set_http_request_trailers_bytes(&self, map: Vec<(&str, &[u8])>) {
        or_default(
            "set_http_request_trailers_bytes",
            hostcalls::set_map_bytes(MapType::HttpRequestTrailers, map),
        )
    }

    /// Sets one request trailer; `None` removes it.
    fn set_http_request_trailer(&self, name: &str, value: Option<&str>) {
        or_default(
            "set_http_request_trailer",
            hostcalls::set_map_value(MapType::HttpRequestTrailers, name, value),
        )
    }

    /// Sets one request trailer to bytes; `None` removes it.
    fn set_http_request_trailer_bytes(&self, name: &str, value: Option<&[u8]>) {
        or_default(
            "set_http_request_trailer_bytes",
            hostcalls::set_map_value_bytes(MapType::HttpRequestTrailers, name, value),
        )
    }

    /// Adds one request trailer beside those of the same name.
    fn add_http_request_trailer(&self, name: &str, value: &str) {
        or_default(
            "add_http_request_trailer",
            hostcalls::add_map_value(MapType::HttpRequestTrailers, name, value),
        )
    }

    /// Adds one request trailer with a value given as bytes.
    fn add_http_request_trailer_bytes(&self, name: &str, value: &[u8]) {
        or_default(
            "add_http_request_trailer_bytes",
            hostcalls::add_map_value_bytes(MapType::HttpRequestTrailers, name, value),
        )
    }

    /// Removes every request trailer of a name.
    fn remove_http_request_trailer(&self, name: &str) {
        or_default(
            "remove_http_request_trailer",
            hostcalls::remove_map_value(MapType::HttpRequestTrailers, name),
        )
    }

    /// Lets the paused request go on.
    fn resume_http_request(&self) {
        or_default("resume_http_request", hostcalls::resume_http_request())
    }

    /// Resets the stream from the request's side.
    fn reset_http_request(&self) {
        or_default("reset_http_request", hostcalls::reset_http_request())
    }

    /// The head of the response. `end_of_stream`: there is no body.
    fn on_http_response_headers(
        &mut self,
        _num_headers: usize,
        _end_of_stream: bool,
    ) -> HeaderAction {
        HeaderAction::Continue
    }

    /// The headers of the response, in order.
    fn get_http_response_headers(&self) -> Vec<(String, String)> {
        or_default(
            "get_http_response_headers",
            hostcalls::get_map(MapType::HttpResponseHeaders),
        )
    }

    /// The headers of the response, in order, values as bytes.
    fn get_http_response_headers_bytes(&self) -> Vec<(String, Bytes)> {
        or_default(
            "get_http_response_headers_bytes",
            hostcalls::get_map_bytes(MapType::HttpResponseHeaders),
        )
    }

    /// One header of the response.
    fn get_http_response_header(&self, name: &str) -> Option<String> {
        or_default(
            "get_http_response_header",
            hostcalls::get_map_value(MapType::HttpResponseHeaders, name),
        )
    }

    /// One header of the response, as bytes.
    fn get_http_response_header_bytes(&self, name: &str) -> Option<Bytes> {
        or_default(
            "get_http_response_header_bytes",
            hostcalls::get_map_value_bytes(MapType::HttpResponseHeaders, name),
        )
    }

    /// Replaces them all.
    fn set_http_response_headers(&self, map: Vec<(&str, &str)>) {
        or_default(
            "set_http_response_headers",
            hostcalls::set_map(MapType::HttpResponseHeaders, map),
        )
    }

    /// Replaces them all, values as bytes.
    fn set_http_response_headers_bytes(&self, map: Vec<(&str, &[u8])>) {
        or_default(
            "set_http_response_headers_bytes",
            hostcalls::set_map_bytes(MapType::HttpResponseHeaders, map),
        )
    }

    /// Sets one response header; `None` removes it.
    fn set_http_response_header(&self, name: &str, value: Option<&str>) {
        or_default(
            "set_http_response_header",
            hostcalls::set_map_value(MapType::HttpResponseHeaders, name, value),
        )
    }

    /// Sets one response header to bytes; `None` removes it.
    fn set_http_response_header_bytes(&self, name: &str, value: Option<&[u8]>) {
        or_default(
            "set_http_response_header_bytes",
            hostcalls::set_map_value_bytes(MapType::HttpResponseHeaders, name, value),
        )
    }

    /// Adds one response header beside those of the same name.
    fn add_http_response_header(&self, name: &str, value: &str) {
        or_default(
            "add_http_response_header",
            hostcalls::add_map_value(MapType::HttpResponseHeaders, name, value),
        )
    }

    /// Adds one response header with a value given as bytes.
    fn add_http_response_header_bytes(&self, name: &str, value: &[u8]) {
        or_default(
            "add_http_response_header_bytes",
            hostcalls::add_map_value_bytes(MapType::HttpResponseHeaders, name, value),
        )
    }

    /// Removes every response header of a name.
    fn remove_http_response_header(&self, name: &str) {
        or_default(
            "remove_http_response_header",
            hostcalls::remove_map_value(MapType::HttpResponseHeaders, name),
        )
    }

    /// A piece of the response's body; `body_size` is everything the host holds, this piece included.
    fn on_http_response_body(&mut self, _body_size: usize, _end_of_stream: bool) -> DataAction {
        DataAction::Continue
    }

    /// Bytes of the response's body, as far as the host holds it.
    fn get_http_response_body(&self, start: usize, max_size: usize) -> Option<Bytes> {
        or_default(
            "get_http_response_body",
            hostcalls::get_buffer(BufferType::HttpResponseBody, start, max_size),
        )
    }

    /// Replaces `size` bytes of the held body from `start`.
    fn set_http_response_body(&self, start: usize, size: usize, value: &[u8]) {
        or_default(
            "set_http_response_body",
            hostcalls::set_buffer(BufferType::HttpResponseBody, start, size, value),
        )
    }

    /// The trailers of the response.
    fn on_http_response_trailers(&mut self, _num_trailers: usize) -> Action {
        Action::Continue
    }

    /// The trailers of the response, in order.
    fn get_http_response_trailers(&self) -> Vec<(String, String)> {
        or_default(
            "get_http_response_trailers",
            hostcalls::get_map(MapType::HttpResponseTrailers),
        )
    }

    /// The trailers of the response, in order, values as bytes.
    fn get_http_response_trailers_bytes(&self) -> Vec<(String, Bytes)> {
        or_default(
            "get_http_response_trailers_bytes",
            hostcalls::get_map_bytes(MapType::HttpResponseTrailers),
        )
    }

    /// One trailer of the response.
    fn get_http_response_trailer(&self, name: &str) -> Option<String> {
        or_default(
            "get_http_response_trailer",
            hostcalls::get_map_value(MapType::HttpResponseTrailers, name),
        )
    }

    /// One trailer of the response, as bytes.
    fn get_http_response_trailer_bytes(&self, name: &str) -> Option<Bytes> {
        or_default(
            "get_http_response_trailer_bytes",
            hostcalls::get_map_value_bytes(MapType::HttpResponseTrailers, name),
        )
    }

    /// Replaces them all.
    fn set_http_response_trailers(&self, map: Vec<(&str, &str)>) {
        or_default(
            "set_http_response_trailers",
            hostcalls::set_map(MapType::HttpResponseTrailers, map),
        )
    }

    /// Replaces them all, values as bytes.
    fn set_http_response_trailers_bytes(&self, map: Vec<(&str, &[u8])>) {
        or_default(
            "set_http_response_trailers_bytes",
            hostcalls::set_map_bytes(MapType::HttpResponseTrailers, map),
        )
    }

    /// Sets one response trailer; `None` removes it.
    fn set_http_response_trailer(&self, name: &str, value: Option<&str>) {
        or_default(
            "set_http_response_trailer",
            hostcalls::set_map_value(MapType::HttpResponseTrailers, name, value),
        )
    }

    /// Sets one response trailer to bytes; `None` removes it.
    fn set_http_response_trailer_bytes(&self, name: &str, value: Option<&[u8]>) {
        or_default(
            "set_http_response_trailer_bytes",
            hostcalls::set_map_value_bytes(MapType::HttpResponseTrailers, name, value),
        )
    }

    /// Adds one response trailer beside those of the same name.
    fn add_http_response_trailer(&self, name: &str, value: &str) {
        or_default(
            "add_http_response_trailer",
            hostcalls::add_map_value(MapType::HttpResponseTrailers, name, value),
        )
    }

    /// Adds one response trailer with a value given as bytes.
    fn add_http_response_trailer_bytes(&self, name: &str, value: &[u8]) {
        or_default(
            "add_http_response_trailer_bytes",
            hostcalls::add_map_value_bytes(MapType::HttpResponseTrailers, name, value),
        )
    }

    /// Removes every response trailer of a name.
    fn remove_http_response_trailer(&self, name: &str) {
        or_default(
            "remove_http_response_trailer",
            hostcalls::remove_map_value(MapType::HttpResponseTrailers, name),
        )
    }

    /// Lets the paused response go on.
    fn resume_http_response(&self) {
        or_default("resume_http_response", hostcalls::resume_http_response())
    }

    /// Resets the stream from the response's side.
    fn reset_http_response(&self) {
        or_default("reset_http_response", hostcalls::reset_http_response())
    }

    /// Answers the client in the upstream's place. Return a stopping action afterwards.
    fn send_http_response(
        &self,
        status_code: u32,
        headers: Vec<(&str, &str)>,
        body: Option<&[u8]>,
    ) {
        or_default(
            "send_http_response",
            hostcalls::send_http_response(status_code, headers, body),
        )
    }

    /// Answers a gRPC client in the upstream's place.
    fn send_grpc_response(
        &self,
        grpc_status: GrpcStatusCode,
        grpc_status_message: Option<&str>,
        custom_metadata: Vec<(&str, &[u8])>,
    ) {
        or_default(
            "send_grpc_response",
            hostcalls::send_grpc_response(grpc_status, grpc_status_message, custom_metadata),
        )
    }

    /// The end of the request, when everything is known; nothing can be changed any more.
    fn on_log(&mut self) {}
}
