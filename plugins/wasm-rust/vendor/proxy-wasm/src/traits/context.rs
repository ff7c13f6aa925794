//! What every kind of context can do: clock, properties, shared state, calls out.

use std::time::{Duration, SystemTime};

use super::{or_default, warn};
use crate::hostcalls;
use crate::types::*;

/// What every kind of context can do.
pub trait Context {
    /// The host's wall clock; the Unix epoch when the host does not tell.
    fn get_current_time(&self) -> SystemTime {
        hostcalls::get_current_time().unwrap_or_else(|status| {
            warn("get_current_time", status);
            SystemTime::UNIX_EPOCH
        })
    }

    /// The value of a property, for example `vec!["request", "path"]`.
    fn get_property(&self, path: Vec<&str>) -> Option<Bytes> {
        or_default("get_property", hostcalls::get_property(path))
    }

    /// Sets a property of the stream.
    fn set_property(&self, path: Vec<&str>, value: Option<&[u8]>) {
        or_default("set_property", hostcalls::set_property(path, value))
    }

    /// A shared value and its version.
    fn get_shared_data(&self, key: &str) -> (Option<Bytes>, Option<u32>) {
        or_default("get_shared_data", hostcalls::get_shared_data(key))
    }

    /// Stores a shared value; with `cas`, only if the version is still that one.
    fn set_shared_data(
        &self,
        key: &str,
        value: Option<&[u8]>,
        cas: Option<u32>,
    ) -> Result<(), Status> {
        hostcalls::set_shared_data(key, value, cas)
    }

    /// Removes a shared value, on hosts that can.
    fn remove_shared_data(&self, key: &str) -> Result<(), Status> {
        hostcalls::remove_shared_data(key)
    }

    /// Makes or joins a queue and becomes the one told of its items; 0 when the host refuses.
    fn register_shared_queue(&self, name: &str) -> u32 {
        or_default(
            "register_shared_queue",
            hostcalls::register_shared_queue(name),
        )
    }

    /// The id of a queue that `vm_id` has registered.
    fn resolve_shared_queue(&self, vm_id: &str, name: &str) -> Option<u32> {
        or_default(
            "resolve_shared_queue",
            hostcalls::resolve_shared_queue(vm_id, name),
        )
    }

    /// Takes the oldest item of a queue.
    fn dequeue_shared_queue(&self, queue_id: u32) -> Result<Option<Bytes>, Status> {
        hostcalls::dequeue_shared_queue(queue_id)
    }

    /// Appends an item to a queue.
    fn enqueue_shared_queue(&self, queue_id: u32, value: Option<&[u8]>) -> Result<(), Status> {
        hostcalls::enqueue_shared_queue(queue_id, value)
    }

    /// Starts an HTTP call to a cluster. `headers` need `:method`, `:path` and `:authority`.
    fn dispatch_http_call(
        &self,
        upstream: &str,
        headers: Vec<(&str, &str)>,
        body: Option<&[u8]>,
        trailers: Vec<(&str, &str)>,
        timeout: Duration,
    ) -> Result<u32, Status> {
        hostcalls::dispatch_http_call(upstream, headers, body, trailers, timeout)
    }

    /// The answer of an HTTP call this context has started; all sizes 0 when the call failed.
    fn on_http_call_response(
        &mut self,
        _token_id: u32,
        _num_headers: usize,
        _body_size: usize,
        _num_trailers: usize,
    ) {
    }

    /// The headers of the answer.
    fn get_http_call_response_headers(&self) -> Vec<(String, String)> {
        or_default(
            "get_http_call_response_headers",
            hostcalls::get_map(MapType::HttpCallResponseHeaders),
        )
    }

    /// The headers of the answer, values as bytes.
    fn get_http_call_response_headers_bytes(&self) -> Vec<(String, Bytes)> {
        or_default(
            "get_http_call_response_headers_bytes",
            hostcalls::get_map_bytes(MapType::HttpCallResponseHeaders),
        )
    }

    /// One header of the answer.
    fn get_http_call_response_header(&self, name: &str) -> Option<String> {
        or_default(
            "get_http_call_response_header",
            hostcalls::get_map_value(MapType::HttpCallResponseHeaders, name),
        )
    }

    /// One header of the answer, as bytes.
    fn get_http_call_response_header_bytes(&self, name: &str) -> Option<Bytes> {
        or_default(
            "get_http_call_response_header_bytes",
            hostcalls::get_map_value_bytes(MapType::HttpCallResponseHeaders, name),
        )
    }

    /// A piece of the answer's body.
    fn get_http_call_response_body(&self, start: usize, max_size: usize) -> Option<Bytes> {
        or_default(
            "get_http_call_response_body",
            hostcalls::get_buffer(BufferType::HttpCallResponseBody, start, max_size),
        )
    }

    /// The trailers of the answer.
    fn get_http_call_response_trailers(&self) -> Vec<(String, String)> {
        or_default(
            "get_http_call_response_trailers",
            hostcalls::get_map(MapType::HttpCallResponseTrailers),
        )
    }

    /// The trailers of the answer, values as bytes.
    fn get_http_call_response_trailers_bytes(&self) -> Vec<(String, Bytes)> {
        or_default(
            "get_http_call_response_trailers_bytes",
            hostcalls::get_map_bytes(MapType::HttpCallResponseTrailers),
        )
    }

    /// One trailer of the answer.
    fn get_http_call_response_trailer(&self, name: &str) -> Option<String> {
        or_default(
            "get_http_call_response_trailer",
            hostcalls::get_map_value(MapType::HttpCallResponseTrailers, name),
        )
    }

    /// One trailer of the answer, as bytes.
    fn get_http_call_response_trailer_bytes(&self, name: &str) -> Option<Bytes> {
        or_default(
            "get_http_call_response_trailer_bytes",
            hostcalls::get_map_value_bytes(MapType::HttpCallResponseTrailers, name),
        )
    }

    /// Starts a unary gRPC call.
    fn dispatch_grpc_call(
        &self,
        upstream_name: &str,
        service_name: &str,
        method_name: &str,
        initial_metadata: Vec<(&str, &[u8])>,
        message: Option<&[u8]>,
        timeout: Duration,
    ) -> Result<u32, Status> {
        hostcalls::dispatch_grpc_call(
            upstream_name,
            service_name,
            method_name,
            initial_metadata,
            message,
            timeout,
        )
    }

    /// The end of a unary gRPC call: its gRPC status and the size of the answer.
    fn on_grpc_call_response(&mut self, _token_id: u32, _status_code: u32, _response_size: usize) {}

    /// A piece of the answer's message.
    fn get_grpc_call_response_body(&self, start: usize, max_size: usize) -> Option<Bytes> {
        or_default(
            "get_grpc_call_response_body",
            hostcalls::get_buffer(BufferType::GrpcReceiveBuffer, start, max_size),
        )
    }

    /// Gives a unary gRPC call up.
    fn cancel_grpc_call(&self, token_id: u32) {
        or_default("cancel_grpc_call", hostcalls::cancel_grpc_call(token_id))
    }

    /// Opens a gRPC stream.
    fn open_grpc_stream(
        &self,
        cluster_name: &str,
        service_name: &str,
        method_name: &str,
        initial_metadata: Vec<(&str, &[u8])>,
    ) -> Result<u32, Status> {
        hostcalls::open_grpc_stream(cluster_name, service_name, method_name, initial_metadata)
    }

    /// The peer's initial metadata has arrived.
    fn on_grpc_stream_initial_metadata(&mut self, _token_id: u32, _num_elements: u32) {}

    /// The peer's initial metadata.
    fn get_grpc_stream_initial_metadata(&self) -> Vec<(String, Bytes)> {
        or_default(
            "get_grpc_stream_initial_metadata",
            hostcalls::get_map_bytes(MapType::GrpcReceiveInitialMetadata),
        )
    }

    /// One value of the peer's initial metadata.
    fn get_grpc_stream_initial_metadata_value(&self, name: &str) -> Option<Bytes> {
        or_default(
            "get_grpc_stream_initial_metadata_value",
            hostcalls::get_map_value_bytes(MapType::GrpcReceiveInitialMetadata, name),
        )
    }

    /// Sends a message on a gRPC stream.
    fn send_grpc_stream_message(&self, token_id: u32, message: Option<&[u8]>, end_stream: bool) {
        or_default(
            "send_grpc_stream_message",
            hostcalls::send_grpc_stream_message(token_id, message, end_stream),
        )
    }

    /// A message has arrived.
    fn on_grpc_stream_message(&mut self, _token_id: u32, _message_size: usize) {}

    /// A piece of the message.
    fn get_grpc_stream_message(&mut self, start: usize, max_size: usize) -> Option<Bytes> {
        or_default(
            "get_grpc_stream_message",
            hostcalls::get_buffer(BufferType::GrpcReceiveBuffer, start, max_size),
        )
    }

    /// The peer's trailing metadata has arrived.
    fn on_grpc_stream_trailing_metadata(&mut self, _token_id: u32, _num_elements: u32) {}

    /// The peer's trailing metadata.
    fn get_grpc_stream_trailing_metadata(&self) -> Vec<(String, Bytes)> {
        or_default(
            "get_grpc_stream_trailing_metadata",
            hostcalls::get_map_bytes(MapType::GrpcReceiveTrailingMetadata),
        )
    }

    /// One value of the peer's trailing metadata.
    fn get_grpc_stream_trailing_metadata_value(&self, name: &str) -> Option<Bytes> {
        or_default(
            "get_grpc_stream_trailing_metadata_value",
            hostcalls::get_map_value_bytes(MapType::GrpcReceiveTrailingMetadata, name),
        )
    }

    /// Resets a gRPC stream.
    fn cancel_grpc_stream(&self, token_id: u32) {
        or_default(
            "cancel_grpc_stream",
            hostcalls::cancel_grpc_stream(token_id),
        )
    }

    /// Closes our half of a gRPC stream.
    fn close_grpc_stream(&self, token_id: u32) {
        or_default("close_grpc_stream", hostcalls::close_grpc_stream(token_id))
    }

    /// A gRPC stream has ended.
    fn on_grpc_stream_close(&mut self, _token_id: u32, _status_code: u32) {}

    /// Code and message of the call that just ended.
    fn get_grpc_status(&self) -> (u32, Option<String>) {
        or_default("get_grpc_status", hostcalls::get_grpc_status())
    }

    /// Calls a function that this host offers beyond the ABI.
    fn call_foreign_function(
        &self,
        function_name: &str,
        arguments: Option<&[u8]>,
    ) -> Result<Option<Bytes>, Status> {
        hostcalls::call_foreign_function(function_name, arguments)
    }

    /// The context's end. `false` keeps a root context alive until [`done`](Context::done).
    fn on_done(&mut self) -> bool {
        true
    }

    /// Ends a root context whose `on_done` returned false.
    fn done(&self) {
        or_default("done", hostcalls::done())
    }
}
