//! One function per host function, with Rust's types and the host's status as error.
//!
//! What is absent in the normal course of things (a header that is not there, an empty queue) is
//! `Ok(None)`; every other status of the host is an `Err` that names it. Nothing here panics.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::dispatcher;
use crate::pairs;
use crate::sys;
use crate::types::{
    BufferType, Bytes, GrpcStatusCode, LogLevel, MapType, MetricType, Status, StreamType,
};

/// Called once with the answer of a Redis call: its token, its status (0: answered), and the size
/// of the reply in the buffer `RedisCallResponse`.
pub type RedisCallbackFn = dyn FnOnce(u32, usize, usize);

type Reply<T> = Result<T, Status>;

/// Writes one log line. The host adds the plug-in's name and the time.
pub fn log(level: LogLevel, message: &str) -> Reply<()> {
    sys::log(level as u32, message.as_bytes())
}

/// The level below which the host drops lines.
pub fn get_log_level() -> Reply<LogLevel> {
    sys::get_log_level().map(LogLevel::from_number)
}

/// The host's wall clock.
pub fn get_current_time() -> Reply<SystemTime> {
    let nanoseconds = sys::get_current_time()?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds))
}

/// Asks for `on_tick` every `period`; zero turns ticks off. Whole milliseconds, rounded up.
pub fn set_tick_period(period: Duration) -> Reply<()> {
    sys::set_tick_period(milliseconds(period))
}

/// Up to `max_size` bytes of a buffer from `start`; `None` when it is empty or not available here.
pub fn get_buffer(buffer_type: BufferType, start: usize, max_size: usize) -> Reply<Option<Bytes>> {
    absent_is_none(sys::get_buffer(buffer_type as u32, start, max_size)).map(not_empty)
}

/// Replaces `size` bytes of a buffer from `start`. Start 0 and size `usize::MAX` replace it all.
pub fn set_buffer(buffer_type: BufferType, start: usize, size: usize, value: &[u8]) -> Reply<()> {
    sys::set_buffer(buffer_type as u32, start, size, value)
}

/// Every pair of a map, in order; bytes that are not UTF-8 are replaced.
pub fn get_map(map_type: MapType) -> Reply<Vec<(String, String)>> {
    read_map(map_type, |value| text(value.to_vec()))
}

/// Every pair of a map, in order, values as bytes; names that are not UTF-8 are replaced in part.
pub fn get_map_bytes(map_type: MapType) -> Reply<Vec<(String, Bytes)>> {
    read_map(map_type, <[u8]>::to_vec)
}

/// Replaces a map wholly.
pub fn set_map(map_type: MapType, map: Vec<(&str, &str)>) -> Reply<()> {
    sys::set_map(map_type as u32, &pairs::encode(&map))
}

/// Replaces a map wholly, values as bytes.
pub fn set_map_bytes(map_type: MapType, map: Vec<(&str, &[u8])>) -> Reply<()> {
    sys::set_map(map_type as u32, &pairs::encode(&map))
}

/// The value of one name; `None` when it is absent. Bytes that are not UTF-8 are replaced.
pub fn get_map_value(map_type: MapType, key: &str) -> Reply<Option<String>> {
    get_map_value_bytes(map_type, key).map(|value| value.map(text))
}

/// The value of one name as bytes; `None` when it is absent.
pub fn get_map_value_bytes(map_type: MapType, key: &str) -> Reply<Option<Bytes>> {
    absent_is_none(sys::get_map_value(map_type as u32, key.as_bytes()))
}

/// Sets one name to one value, whatever it had before; `None` removes it.
pub fn set_map_value(map_type: MapType, key: &str, value: Option<&str>) -> Reply<()> {
    set_map_value_bytes(map_type, key, value.map(str::as_bytes))
}

/// Sets one name to one value given as bytes; `None` removes it.
pub fn set_map_value_bytes(map_type: MapType, key: &str, value: Option<&[u8]>) -> Reply<()> {
    match value {
        Some(value) => sys::replace_map_value(map_type as u32, key.as_bytes(), value),
        None => remove_map_value(map_type, key),
    }
}

/// Adds a pair and leaves earlier ones of the same name.
pub fn add_map_value(map_type: MapType, key: &str, value: &str) -> Reply<()> {
    add_map_value_bytes(map_type, key, value.as_bytes())
}

/// Adds a pair with a value given as bytes.
pub fn add_map_value_bytes(map_type: MapType, key: &str, value: &[u8]) -> Reply<()> {
    sys::add_map_value(map_type as u32, key.as_bytes(), value)
}

/// Removes every pair of a name; absent is fine.
pub fn remove_map_value(map_type: MapType, key: &str) -> Reply<()> {
    sys::remove_map_value(map_type as u32, key.as_bytes())
}

/// The value of a property; `None` when it is unknown or empty.
pub fn get_property(path: Vec<&str>) -> Reply<Option<Bytes>> {
    absent_is_none(sys::get_property(&property_path(&path))).map(not_empty)
}

/// Sets a property of the stream; `None` is the empty value.
pub fn set_property(path: Vec<&str>, value: Option<&[u8]>) -> Reply<()> {
    sys::set_property(&property_path(&path), value.unwrap_or_default())
}

/// A shared value and its version for compare-and-set; `(None, None)` when the key is unknown.
pub fn get_shared_data(key: &str) -> Reply<(Option<Bytes>, Option<u32>)> {
    match sys::get_shared_data(key.as_bytes()) {
        Ok((value, cas)) => Ok((not_empty(Some(value)), (cas != 0).then_some(cas))),
        Err(Status::NotFound) => Ok((None, None)),
        Err(status) => Err(status),
    }
}

/// Stores a shared value. With `cas`, only if the key's version is still that one (`CasMismatch`).
pub fn set_shared_data(key: &str, value: Option<&[u8]>, cas: Option<u32>) -> Reply<()> {
    sys::set_shared_data(key.as_bytes(), value.unwrap_or_default(), cas.unwrap_or(0))
}

/// Removes a shared value, on hosts with the foreign function `wasmgate.shared_data.delete`.
/// `NotFound`: no such key, or another host.
pub fn remove_shared_data(key: &str) -> Reply<()> {
    sys::call_foreign_function(b"wasmgate.shared_data.delete", key.as_bytes()).map(drop)
}

/// Makes or joins the queue of this name and becomes the one told of its items.
pub fn register_shared_queue(name: &str) -> Reply<u32> {
    sys::register_shared_queue(name.as_bytes())
}

/// The id of a queue registered by `vm_id`; an empty `vm_id` is one's own.
pub fn resolve_shared_queue(vm_id: &str, name: &str) -> Reply<Option<u32>> {
    absent_is_none(sys::resolve_shared_queue(vm_id.as_bytes(), name.as_bytes()))
}

/// Takes the oldest item; `None` when the queue is empty, `NotFound` when there is no such queue.
pub fn dequeue_shared_queue(queue_id: u32) -> Reply<Option<Bytes>> {
    match sys::dequeue_shared_queue(queue_id) {
        Ok(item) => Ok(Some(item)),
        Err(Status::Empty) => Ok(None),
        Err(status) => Err(status),
    }
}

/// Appends an item.
pub fn enqueue_shared_queue(queue_id: u32, value: Option<&[u8]>) -> Reply<()> {
    sys::enqueue_shared_queue(queue_id, value.unwrap_or_default())
}

/// Lets held downstream data go on.
pub fn resume_downstream() -> Reply<()> {
    sys::continue_stream(StreamType::Downstream as u32)
}

/// Lets held upstream data go on.
pub fn resume_upstream() -> Reply<()> {
    sys::continue_stream(StreamType::Upstream as u32)
}

/// Lets the paused request go on.
pub fn resume_http_request() -> Reply<()> {
    sys::continue_stream(StreamType::HttpRequest as u32)
}

/// Lets the paused response go on.
pub fn resume_http_response() -> Reply<()> {
    sys::continue_stream(StreamType::HttpResponse as u32)
}

/// Closes the client's connection.
pub fn close_downstream() -> Reply<()> {
    sys::close_stream(StreamType::Downstream as u32)
}

/// Closes the connection to the upstream.
pub fn close_upstream() -> Reply<()> {
    sys::close_stream(StreamType::Upstream as u32)
}

/// Resets the stream from the request's side.
pub fn reset_http_request() -> Reply<()> {
    sys::close_stream(StreamType::HttpRequest as u32)
}

/// Resets the stream from the response's side.
pub fn reset_http_response() -> Reply<()> {
    sys::close_stream(StreamType::HttpResponse as u32)
}

/// Answers the client in the upstream's place.
pub fn send_http_response(
    status_code: u32,
    headers: Vec<(&str, &str)>,
    body: Option<&[u8]>,
) -> Reply<()> {
    send_http_response_with_details(status_code, "", headers, body)
}

/// Answers the client in the upstream's place; `details` goes to the access log.
pub fn send_http_response_with_details(
    status_code: u32,
    details: &str,
    headers: Vec<(&str, &str)>,
    body: Option<&[u8]>,
) -> Reply<()> {
    const NO_GRPC_STATUS: i32 = -1;
    sys::send_local_response(
        status_code,
        details.as_bytes(),
        body.unwrap_or_default(),
        &pairs::encode(&headers),
        NO_GRPC_STATUS,
    )
}

/// Answers a gRPC client with a status, a message and trailing metadata.
pub fn send_grpc_response(
    grpc_status: GrpcStatusCode,
    grpc_status_message: Option<&str>,
    custom_metadata: Vec<(&str, &[u8])>,
) -> Reply<()> {
    sys::send_local_response(
        200,
        grpc_status_message.unwrap_or_default().as_bytes(),
        &[],
        &pairs::encode(&custom_metadata),
        grpc_status as i32,
    )
}

/// Starts an HTTP call to a cluster; the answer comes to `on_http_call_response` of the context
/// that runs now. Returns the call's token.
pub fn dispatch_http_call(
    upstream: &str,
    headers: Vec<(&str, &str)>,
    body: Option<&[u8]>,
    trailers: Vec<(&str, &str)>,
    timeout: Duration,
) -> Reply<u32> {
    let token = sys::http_call(
        upstream.as_bytes(),
        &pairs::encode(&headers),
        body.unwrap_or_default(),
        &pairs::encode(&trailers),
        milliseconds(timeout),
    )?;
    dispatcher::register_callout(token);
    Ok(token)
}

/// Starts a unary gRPC call; the answer comes to `on_grpc_call_response`.
pub fn dispatch_grpc_call(
    upstream_name: &str,
    service_name: &str,
    method_name: &str,
    initial_metadata: Vec<(&str, &[u8])>,
    message: Option<&[u8]>,
    timeout: Duration,
) -> Reply<u32> {
    let token = sys::grpc_call(
        upstream_name.as_bytes(),
        service_name.as_bytes(),
        method_name.as_bytes(),
        &pairs::encode(&initial_metadata),
        message.unwrap_or_default(),
        milliseconds(timeout),
    )?;
    dispatcher::register_grpc_call(token);
    Ok(token)
}

/// Opens a gRPC stream; what arrives on it comes to the `on_grpc_stream_…` callbacks.
pub fn open_grpc_stream(
    upstream_name: &str,
    service_name: &str,
    method_name: &str,
    initial_metadata: Vec<(&str, &[u8])>,
) -> Reply<u32> {
    let token = sys::grpc_stream(
        upstream_name.as_bytes(),
        service_name.as_bytes(),
        method_name.as_bytes(),
        &pairs::encode(&initial_metadata),
    )?;
    dispatcher::register_grpc_stream(token);
    Ok(token)
}

/// Sends one message on a gRPC stream; `end_stream` closes our half.
pub fn send_grpc_stream_message(token: u32, message: Option<&[u8]>, end_stream: bool) -> Reply<()> {
    sys::grpc_send(token, message.unwrap_or_default(), end_stream)
}

/// Gives a unary call up; no callback follows.
pub fn cancel_grpc_call(token_id: u32) -> Reply<()> {
    dispatcher::forget_call(token_id);
    sys::grpc_cancel(token_id)
}

/// Resets a gRPC stream; no callback follows.
pub fn cancel_grpc_stream(token_id: u32) -> Reply<()> {
    dispatcher::forget_call(token_id);
    sys::grpc_cancel(token_id)
}

/// Closes our half of a gRPC stream; callbacks go on until the peer closes.
pub fn close_grpc_stream(token_id: u32) -> Reply<()> {
    sys::grpc_close(token_id)
}

/// Code and message of the call that just ended.
pub fn get_grpc_status() -> Reply<(u32, Option<String>)> {
    let (code, message) = sys::get_status()?;
    Ok((code, not_empty(Some(message)).map(text)))
}

/// Makes host calls act on another living context of this plug-in.
pub fn set_effective_context(context_id: u32) -> Reply<()> {
    sys::set_effective_context(context_id)
}

/// Calls a function that this host offers beyond the ABI.
pub fn call_foreign_function(
    function_name: &str,
    arguments: Option<&[u8]>,
) -> Reply<Option<Bytes>> {
    sys::call_foreign_function(function_name.as_bytes(), arguments.unwrap_or_default())
        .map(|result| not_empty(Some(result)))
}

/// Tells the host that a context whose `on_done` returned false has finished.
pub fn done() -> Reply<()> {
    sys::done()
}

/// Makes a metric, or finds the one of this name.
pub fn define_metric(metric_type: MetricType, name: &str) -> Reply<u32> {
    sys::define_metric(metric_type as u32, name.as_bytes())
}

/// The value of a counter or gauge.
pub fn get_metric(metric_id: u32) -> Reply<u64> {
    sys::get_metric(metric_id)
}

/// Counter: adds; gauge: sets; histogram: observes.
pub fn record_metric(metric_id: u32, value: u64) -> Reply<()> {
    sys::record_metric(metric_id, value)
}

/// Adds to a counter (more than 0) or gauge (any sign).
pub fn increment_metric(metric_id: u32, offset: i64) -> Reply<()> {
    sys::increment_metric(metric_id, offset)
}

/// Prepares the host's Redis client of a service. The name may carry `?db=N`.
pub fn redis_init(
    upstream: &str,
    username: Option<&[u8]>,
    password: Option<&[u8]>,
    timeout: Duration,
) -> Reply<()> {
    sys::redis_init(
        upstream.as_bytes(),
        username.unwrap_or_default(),
        password.unwrap_or_default(),
        milliseconds(timeout),
    )
}

/// Sends one Redis command in its wire form; the callback runs once with the answer.
///
/// The callback is dropped unrun when the context that called has ended by then.
pub fn dispatch_redis_call(
    upstream: &str,
    query: &[u8],
    callback: Box<RedisCallbackFn>,
) -> Reply<u32> {
    let token = sys::redis_call(upstream.as_bytes(), query)?;
    dispatcher::register_redis_call(token, callback);
    Ok(token)
}

/// Pushes response body bytes outside a body callback.
pub fn inject_encoded_data_to_filter_chain(data: &[u8], end_stream: bool) -> Reply<()> {
    sys::inject_encoded_data(data, end_stream)
}

/// The hosts of the route's cluster with what the gateway knows of each (JSON text).
pub fn get_upstream_hosts() -> Reply<Vec<(String, String)>> {
    let bytes = sys::get_upstream_hosts()?;
    let pairs = pairs::decode(&bytes).ok_or(Status::ParseFailure)?;
    Ok(pairs
        .into_iter()
        .map(|(k, v)| (text(k.to_vec()), text(v.to_vec())))
        .collect())
}

/// Chooses the upstream host of this request, an address out of [`get_upstream_hosts`].
pub fn set_upstream_override_host(address: &str) -> Reply<()> {
    sys::set_upstream_override_host(address.as_bytes())
}

fn read_map<V>(map_type: MapType, value: impl Fn(&[u8]) -> V) -> Reply<Vec<(String, V)>> {
    let bytes = match sys::get_map(map_type as u32) {
        Err(Status::NotFound) => return Ok(Vec::new()),
        other => other?,
    };
    let pairs = pairs::decode(&bytes).ok_or(Status::SerializationFailure)?;
    Ok(pairs
        .into_iter()
        .map(|(k, v)| (text(k.to_vec()), value(v)))
        .collect())
}

fn absent_is_none<T>(reply: Reply<T>) -> Reply<Option<T>> {
    match reply {
        Ok(value) => Ok(Some(value)),
        Err(Status::NotFound) => Ok(None),
        Err(status) => Err(status),
    }
}

fn not_empty(bytes: Option<Bytes>) -> Option<Bytes> {
    bytes.filter(|bytes| !bytes.is_empty())
}

fn text(bytes: Bytes) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => match String::from_utf8_lossy(error.as_bytes()) {
            Cow::Owned(text) => text,
            Cow::Borrowed(text) => text.to_owned(),
        },
    }
}

/// Rounded up, so that a short wait does not become "none"; at most what the ABI can say.
fn milliseconds(duration: Duration) -> u32 {
    let milliseconds = duration.as_nanos().div_ceil(1_000_000);
    milliseconds.min(i32::MAX as u128) as u32
}

fn property_path(path: &[&str]) -> Bytes {
    path.join("\0").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(text(b"a\xffb".to_vec()), "a\u{fffd}b");
        assert_eq!(text("é".as_bytes().to_vec()), "é");
    }

    #[test]
    fn periods_are_rounded_up_and_capped() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_micros(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(250)), 250);
        assert_eq!(milliseconds(Duration::MAX), i32::MAX as u32);
    }

    #[test]
    fn a_call_without_a_host_is_unimplemented_not_a_panic() {
        crate::native::set_host(None);
        assert_eq!(get_property(vec!["a", "b"]), Err(Status::Unimplemented));
        assert_eq!(
            get_map(MapType::HttpRequestHeaders),
            Err(Status::Unimplemented)
        );
        assert_eq!(log(LogLevel::Info, "shown"), Ok(()));
    }
}
