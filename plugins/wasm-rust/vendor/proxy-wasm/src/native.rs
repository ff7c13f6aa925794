//! The ABI's edge on the machine of the author: host calls go to a [`Host`] of the current thread.
//!
//! A plug-in's unit tests run as an ordinary program. Each test thread is one VM: [`set_host`] says
//! who answers its host calls, [`callbacks`] are the module's exports. A call without a host, or one
//! that the host does not answer, is `Unimplemented`, and log lines go to standard error.
//! Plug-in authors use `higress_wasm_rust::testing`, which is built on this.

use std::cell::RefCell;
use std::rc::Rc;

use crate::types::{Bytes, Status};

pub use crate::dispatcher::{callbacks, reset};

thread_local! {
    static HOST: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
}

/// Makes `host` answer the host calls of this thread; `None` takes the host away.
pub fn set_host(host: Option<Rc<dyn Host>>) {
    HOST.with(|cell| *cell.borrow_mut() = host);
}

macro_rules! host_calls {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $kind:ty),* $(,)?) -> $result:ty;)*) => {
        /// The host functions of the ABI, numbers and bytes as they cross the border.
        ///
        /// Header maps and property paths are serialised as the ABI says.
        pub trait Host {
            $($(#[$doc])* fn $name(&self, $($arg: $kind),*) -> Result<$result, Status> {
                let _ = ($($arg,)*);
                Err(Status::Unimplemented)
            })*
        }

        $(pub(crate) fn $name($($arg: $kind),*) -> Result<$result, Status> {
            match HOST.with(|cell| cell.borrow().clone()) {
                Some(host) => host.$name($($arg),*),
                None => NoHost.$name($($arg),*),
            }
        })*
    };
}

host_calls! {
    /// `proxy_log`
    fn log(level: u32, message: &[u8]) -> ();
    /// `proxy_get_log_level`
    fn get_log_level() -> u32;
    /// `proxy_get_current_time_nanoseconds`
    fn get_current_time() -> u64;
    /// `proxy_set_tick_period_milliseconds`
    fn set_tick_period(milliseconds: u32) -> ();
    /// `proxy_get_buffer_bytes`
    fn get_buffer(buffer: u32, start: usize, max: usize) -> Bytes;
    /// `proxy_set_buffer_bytes`
    fn set_buffer(buffer: u32, start: usize, size: usize, value: &[u8]) -> ();
    /// `proxy_get_header_map_pairs`
    fn get_map(map: u32) -> Bytes;
    /// `proxy_set_header_map_pairs`
    fn set_map(map: u32, pairs: &[u8]) -> ();
    /// `proxy_get_header_map_value`
    fn get_map_value(map: u32, key: &[u8]) -> Bytes;
    /// `proxy_replace_header_map_value`
    fn replace_map_value(map: u32, key: &[u8], value: &[u8]) -> ();
    /// `proxy_add_header_map_value`
    fn add_map_value(map: u32, key: &[u8], value: &[u8]) -> ();
    /// `proxy_remove_header_map_value`
    fn remove_map_value(map: u32, key: &[u8]) -> ();
    /// `proxy_get_property`
    fn get_property(path: &[u8]) -> Bytes;
    /// `proxy_set_property`
    fn set_property(path: &[u8], value: &[u8]) -> ();
    /// `proxy_get_shared_data`
    fn get_shared_data(key: &[u8]) -> (Bytes, u32);
    /// `proxy_set_shared_data`
    fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> ();
    /// `proxy_register_shared_queue`
    fn register_shared_queue(name: &[u8]) -> u32;
    /// `proxy_resolve_shared_queue`
    fn resolve_shared_queue(vm_id: &[u8], name: &[u8]) -> u32;
    /// `proxy_dequeue_shared_queue`
    fn dequeue_shared_queue(id: u32) -> Bytes;
    /// `proxy_enqueue_shared_queue`
    fn enqueue_shared_queue(id: u32, value: &[u8]) -> ();
    /// `proxy_continue_stream`
    fn continue_stream(stream: u32) -> ();
    /// `proxy_close_stream`
    fn close_stream(stream: u32) -> ();
    /// `proxy_send_local_response`
    fn send_local_response(
        code: u32,
        details: &[u8],
        body: &[u8],
        headers: &[u8],
        grpc_status: i32,
    ) -> ();
    /// `proxy_http_call`
    fn http_call(
        upstream: &[u8],
        headers: &[u8],
        body: &[u8],
        trailers: &[u8],
        timeout: u32,
    ) -> u32;
    /// `proxy_grpc_call`
    fn grpc_call(
        upstream: &[u8],
        service: &[u8],
        method: &[u8],
        metadata: &[u8],
        message: &[u8],
        timeout: u32,
    ) -> u32;
    /// `proxy_grpc_stream`
    fn grpc_stream(upstream: &[u8], service: &[u8], method: &[u8], metadata: &[u8]) -> u32;
    /// `proxy_grpc_send`
    fn grpc_send(token: u32, message: &[u8], end_stream: bool) -> ();
    /// `proxy_grpc_cancel`
    fn grpc_cancel(token: u32) -> ();
    /// `proxy_grpc_close`
    fn grpc_close(token: u32) -> ();
    /// `proxy_get_status`
    fn get_status() -> (u32, Bytes);
    /// `proxy_set_effective_context`
    fn set_effective_context(id: u32) -> ();
    /// `proxy_call_foreign_function`
    fn call_foreign_function(name: &[u8], arguments: &[u8]) -> Bytes;
    /// `proxy_done`
    fn done() -> ();
    /// `proxy_define_metric`
    fn define_metric(kind: u32, name: &[u8]) -> u32;
    /// `proxy_get_metric`
    fn get_metric(id: u32) -> u64;
    /// `proxy_record_metric`
    fn record_metric(id: u32, value: u64) -> ();
    /// `proxy_increment_metric`
    fn increment_metric(id: u32, offset: i64) -> ();
    /// `proxy_redis_init`
    fn redis_init(upstream: &[u8], username: &[u8], password: &[u8], timeout: u32) -> ();
    /// `proxy_redis_call`
    fn redis_call(upstream: &[u8], query: &[u8]) -> u32;
    /// `proxy_inject_encoded_data_to_filter_chain`
    fn inject_encoded_data(data: &[u8], end_stream: bool) -> ();
    /// `proxy_get_upstream_hosts`
    fn get_upstream_hosts() -> Bytes;
    /// `proxy_set_upstream_override_host`
    fn set_upstream_override_host(address: &[u8]) -> ();
}

/// Who answers when nobody was set: log lines are shown, everything else is `Unimplemented`.
struct NoHost;

impl Host for NoHost {
    fn log(&self, level: u32, message: &[u8]) -> Result<(), Status> {
        eprintln!("[level {level}] {}", String::from_utf8_lossy(message));
        Ok(())
    }
}
