//! The ABI's edge on WebAssembly: every import of the host, each wrapped in a safe function.
//!
//! This is the only file with `unsafe` calls into the host. Slices go out as pointer and length; what
//! comes back is memory that the host took from our allocator with exactly the returned size, so it
//! becomes a vector without copying.

use crate::types::{Bytes, Status};

type Reply<T> = Result<T, Status>;

#[link(wasm_import_module = "env")]
extern "C" {
    fn proxy_log(level: u32, data: *const u8, size: usize) -> u32;
    fn proxy_get_log_level(level: *mut u32) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(
        buffer: u32,
        start: usize,
        size: usize,
        data: *const u8,
        data_size: usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_header_map_pairs(map: u32, data: *const u8, size: usize) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_add_header_map_value(
        map: u32,
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, key: *const u8, key_size: usize) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_property(
        path: *const u8,
        path_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        cas: u32,
    ) -> u32;
    fn proxy_register_shared_queue(name: *const u8, size: usize, id: *mut u32) -> u32;
    fn proxy_resolve_shared_queue(
        vm_id: *const u8,
        vm_id_size: usize,
        name: *const u8,
        name_size: usize,
        id: *mut u32,
    ) -> u32;
    fn proxy_dequeue_shared_queue(id: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_enqueue_shared_queue(id: u32, data: *const u8, size: usize) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_send_local_response(
        code: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_http_call(
        upstream: *const u8,
        upstream_size: usize,
        headers: *const u8,
        headers_size: usize,
        body: *const u8,
        body_size: usize,
        trailers: *const u8,
        trailers_size: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_grpc_call(
        upstream: *const u8,
        upstream_size: usize,
        service: *const u8,
        service_size: usize,
        method: *const u8,
        method_size: usize,
        metadata: *const u8,
        metadata_size: usize,
        message: *const u8,
        message_size: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_grpc_stream(
        upstream: *const u8,
        upstream_size: usize,
        service: *const u8,
        service_size: usize,
        method: *const u8,
        method_size: usize,
        metadata: *const u8,
        metadata_size: usize,
        token: *mut u32,
    ) -> u32;
    fn proxy_grpc_send(token: u32, message: *const u8, size: usize, end_stream: u32) -> u32;
    fn proxy_grpc_cancel(token: u32) -> u32;
    fn proxy_grpc_close(token: u32) -> u32;
    fn proxy_get_status(code: *mut u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_effective_context(id: u32) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        arguments: *const u8,
        arguments_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_done() -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, size: usize, id: *mut u32) -> u32;
    fn proxy_get_metric(id: u32, value: *mut u64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_increment_metric(id: u32, offset: i64) -> u32;
    fn proxy_redis_init(
        upstream: *const u8,
        upstream_size: usize,
        username: *const u8,
        username_size: usize,
        password: *const u8,
        password_size: usize,
        timeout: u32,
    ) -> u32;
    fn proxy_redis_call(
        upstream: *const u8,
        upstream_size: usize,
        query: *const u8,
        query_size: usize,
        token: *mut u32,
    ) -> u32;
    fn proxy_inject_encoded_data_to_filter_chain(
        data: *const u8,
        size: usize,
        end_stream: u32,
    ) -> u32;
    fn proxy_get_upstream_hosts(data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_upstream_override_host(address: *const u8, size: usize) -> u32;
}

/// Memory for the host to write into: exactly `size` bytes, given back through a host call.
///
/// # Safety
///
/// Called by the host. The memory is owned by whoever receives the pointer.
#[no_mangle]
pub extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    let mut memory = Vec::<u8>::with_capacity(size);
    let pointer = memory.as_mut_ptr();
    std::mem::forget(memory);
    pointer
}

/// Takes the memory the host filled; a null pointer or size 0 is the empty vector.
fn take(pointer: *mut u8, size: usize) -> Bytes {
    if pointer.is_null() || size == 0 {
        return Bytes::new();
    }
    // SAFETY: the host got this block from `proxy_on_memory_allocate` with exactly this size.
    unsafe { Vec::from_raw_parts(pointer, size, size) }
}

fn check(status: u32) -> Reply<()> {
    match status {
        0 => Ok(()),
        other => Err(Status::from_number(other)),
    }
}

fn bytes(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Reply<Bytes> {
    let mut data = std::ptr::null_mut();
    let mut size = 0;
    check(call(&mut data, &mut size))?;
    Ok(take(data, size))
}

fn number(call: impl FnOnce(*mut u32) -> u32) -> Reply<u32> {
    let mut value = 0;
    check(call(&mut value))?;
    Ok(value)
}

pub(crate) fn log(level: u32, message: &[u8]) -> Reply<()> {
    check(unsafe { proxy_log(level, message.as_ptr(), message.len()) })
}

pub(crate) fn get_log_level() -> Reply<u32> {
    number(|value| unsafe { proxy_get_log_level(value) })
}

pub(crate) fn get_current_time() -> Reply<u64> {
    let mut time = 0;
    check(unsafe { proxy_get_current_time_nanoseconds(&mut time) })?;
    Ok(time)
}

pub(crate) fn set_tick_period(milliseconds: u32) -> Reply<()> {
    check(unsafe { proxy_set_tick_period_milliseconds(milliseconds) })
}

pub(crate) fn get_buffer(buffer: u32, start: usize, max: usize) -> Reply<Bytes> {
    bytes(|data, size| unsafe { proxy_get_buffer_bytes(buffer, start, max, data, size) })
}

pub(crate) fn set_buffer(buffer: u32, start: usize, size: usize, value: &[u8]) -> Reply<()> {
    check(unsafe { proxy_set_buffer_bytes(buffer, start, size, value.as_ptr(), value.len()) })
}

pub(crate) fn get_map(map: u32) -> Reply<Bytes> {
    bytes(|data, size| unsafe { proxy_get_header_map_pairs(map, data, size) })
}

pub(crate) fn set_map(map: u32, pairs: &[u8]) -> Reply<()> {
    check(unsafe { proxy_set_header_map_pairs(map, pairs.as_ptr(), pairs.len()) })
}

pub(crate) fn get_map_value(map: u32, key: &[u8]) -> Reply<Bytes> {
    bytes(|data, size| unsafe {
        proxy_get_header_map_value(map, key.as_ptr(), key.len(), data, size)
    })
}

pub(crate) fn replace_map_value(map: u32, key: &[u8], value: &[u8]) -> Reply<()> {
    check(unsafe {
        proxy_replace_header_map_value(map, key.as_ptr(), key.len(), value.as_ptr(), value.len())
    })
}

pub(crate) fn add_map_value(map: u32, key: &[u8], value: &[u8]) -> Reply<()> {
    check(unsafe {
        proxy_add_header_map_value(map, key.as_ptr(), key.len(), value.as_ptr(), value.len())
    })
}

pub(crate) fn remove_map_value(map: u32, key: &[u8]) -> Reply<()> {
    check(unsafe { proxy_remove_header_map_value(map, key.as_ptr(), key.len()) })
}

pub(crate) fn get_property(path: &[u8]) -> Reply<Bytes> {
    bytes(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

pub(crate) fn set_property(path: &[u8], value: &[u8]) -> Reply<()> {
    check(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
}

pub(crate) fn get_shared_data(key: &[u8]) -> Reply<(Bytes, u32)> {
    let mut cas = 0;
    let value = bytes(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &mut cas)
    })?;
    Ok((value, cas))
}

pub(crate) fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> Reply<()> {
    check(unsafe {
        proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas)
    })
}

pub(crate) fn register_shared_queue(name: &[u8]) -> Reply<u32> {
    number(|id| unsafe { proxy_register_shared_queue(name.as_ptr(), name.len(), id) })
}

pub(crate) fn resolve_shared_queue(vm_id: &[u8], name: &[u8]) -> Reply<u32> {
    number(|id| unsafe {
        proxy_resolve_shared_queue(vm_id.as_ptr(), vm_id.len(), name.as_ptr(), name.len(), id)
    })
}

pub(crate) fn dequeue_shared_queue(id: u32) -> Reply<Bytes> {
    bytes(|data, size| unsafe { proxy_dequeue_shared_queue(id, data, size) })
}

pub(crate) fn enqueue_shared_queue(id: u32, value: &[u8]) -> Reply<()> {
    check(unsafe { proxy_enqueue_shared_queue(id, value.as_ptr(), value.len()) })
}

pub(crate) fn continue_stream(stream: u32) -> Reply<()> {
    check(unsafe { proxy_continue_stream(stream) })
}

pub(crate) fn close_stream(stream: u32) -> Reply<()> {
    check(unsafe { proxy_close_stream(stream) })
}

pub(crate) fn send_local_response(
    code: u32,
    details: &[u8],
    body: &[u8],
    headers: &[u8],
    grpc_status: i32,
) -> Reply<()> {
    check(unsafe {
        proxy_send_local_response(
            code,
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            grpc_status,
        )
    })
}

pub(crate) fn http_call(
    upstream: &[u8],
    headers: &[u8],
    body: &[u8],
    trailers: &[u8],
    timeout: u32,
) -> Reply<u32> {
    number(|token| unsafe {
        proxy_http_call(
            upstream.as_ptr(),
            upstream.len(),
            headers.as_ptr(),
            headers.len(),
            body.as_ptr(),
            body.len(),
            trailers.as_ptr(),
            trailers.len(),
            timeout,
            token,
        )
    })
}

pub(crate) fn grpc_call(
    upstream: &[u8],
    service: &[u8],
    method: &[u8],
    metadata: &[u8],
    message: &[u8],
    timeout: u32,
) -> Reply<u32> {
    number(|token| unsafe {
        proxy_grpc_call(
            upstream.as_ptr(),
            upstream.len(),
            service.as_ptr(),
            service.len(),
            method.as_ptr(),
            method.len(),
            metadata.as_ptr(),
            metadata.len(),
            message.as_ptr(),
            message.len(),
            timeout,
            token,
        )
    })
}

pub(crate) fn grpc_stream(
    upstream: &[u8],
    service: &[u8],
    method: &[u8],
    metadata: &[u8],
) -> Reply<u32> {
    number(|token| unsafe {
        proxy_grpc_stream(
            upstream.as_ptr(),
            upstream.len(),
            service.as_ptr(),
            service.len(),
            method.as_ptr(),
            method.len(),
            metadata.as_ptr(),
            metadata.len(),
            token,
        )
    })
}

pub(crate) fn grpc_send(token: u32, message: &[u8], end_stream: bool) -> Reply<()> {
    check(unsafe { proxy_grpc_send(token, message.as_ptr(), message.len(), end_stream.into()) })
}

pub(crate) fn grpc_cancel(token: u32) -> Reply<()> {
    check(unsafe { proxy_grpc_cancel(token) })
}

pub(crate) fn grpc_close(token: u32) -> Reply<()> {
    check(unsafe { proxy_grpc_close(token) })
}

pub(crate) fn get_status() -> Reply<(u32, Bytes)> {
    let mut code = 0;
    let message = bytes(|data, size| unsafe { proxy_get_status(&mut code, data, size) })?;
    Ok((code, message))
}

pub(crate) fn set_effective_context(id: u32) -> Reply<()> {
    check(unsafe { proxy_set_effective_context(id) })
}

pub(crate) fn call_foreign_function(name: &[u8], arguments: &[u8]) -> Reply<Bytes> {
    bytes(|data, size| unsafe {
        proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            arguments.as_ptr(),
            arguments.len(),
            data,
            size,
        )
    })
}

pub(crate) fn done() -> Reply<()> {
    check(unsafe { proxy_done() })
}

pub(crate) fn define_metric(kind: u32, name: &[u8]) -> Reply<u32> {
    number(|id| unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), id) })
}

pub(crate) fn get_metric(id: u32) -> Reply<u64> {
    let mut value = 0;
    check(unsafe { proxy_get_metric(id, &mut value) })?;
    Ok(value)
}

pub(crate) fn record_metric(id: u32, value: u64) -> Reply<()> {
    check(unsafe { proxy_record_metric(id, value) })
}

pub(crate) fn increment_metric(id: u32, offset: i64) -> Reply<()> {
    check(unsafe { proxy_increment_metric(id, offset) })
}

pub(crate) fn redis_init(
    upstream: &[u8],
    username: &[u8],
    password: &[u8],
    timeout: u32,
) -> Reply<()> {
    check(unsafe {
        proxy_redis_init(
            upstream.as_ptr(),
            upstream.len(),
            username.as_ptr(),
            username.len(),
            password.as_ptr(),
            password.len(),
            timeout,
        )
    })
}

pub(crate) fn redis_call(upstream: &[u8], query: &[u8]) -> Reply<u32> {
    number(|token| unsafe {
        proxy_redis_call(
            upstream.as_ptr(),
            upstream.len(),
            query.as_ptr(),
            query.len(),
            token,
        )
    })
}

pub(crate) fn inject_encoded_data(data: &[u8], end_stream: bool) -> Reply<()> {
    check(unsafe {
        proxy_inject_encoded_data_to_filter_chain(data.as_ptr(), data.len(), end_stream.into())
    })
}

pub(crate) fn get_upstream_hosts() -> Reply<Bytes> {
    bytes(|data, size| unsafe { proxy_get_upstream_hosts(data, size) })
}

pub(crate) fn set_upstream_override_host(address: &[u8]) -> Reply<()> {
    check(unsafe { proxy_set_upstream_override_host(address.as_ptr(), address.len()) })
}
