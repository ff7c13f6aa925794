//! The context of a TCP connection.

use super::{or_default, Context};
use crate::hostcalls;
use crate::types::*;

/// One per TCP connection.
pub trait StreamContext: Context {
    /// The connection has been accepted.
    fn on_new_connection(&mut self) -> Action {
        Action::Continue
    }

    /// Data from the client.
    fn on_downstream_data(&mut self, _data_size: usize, _end_of_stream: bool) -> Action {
        Action::Continue
    }

    /// A piece of the data from the client.
    fn get_downstream_data(&self, start: usize, max_size: usize) -> Option<Bytes> {
        or_default(
            "get_downstream_data",
            hostcalls::get_buffer(BufferType::DownstreamData, start, max_size),
        )
    }

    /// Replaces `size` bytes of the data from `start`.
    fn set_downstream_data(&self, start: usize, size: usize, value: &[u8]) {
        or_default(
            "set_downstream_data",
            hostcalls::set_buffer(BufferType::DownstreamData, start, size, value),
        )
    }

    /// Lets held data from the client go on.
    fn resume_downstream(&self) {
        or_default("resume_downstream", hostcalls::resume_downstream())
    }

    /// Closes the connection with the client.
    fn close_downstream(&self) {
        or_default("close_downstream", hostcalls::close_downstream())
    }

    /// The connection with the client has been closed.
    fn on_downstream_close(&mut self, _peer_type: PeerType) {}

    /// Data from the upstream.
    fn on_upstream_data(&mut self, _data_size: usize, _end_of_stream: bool) -> Action {
        Action::Continue
    }

    /// A piece of the data from the upstream.
    fn get_upstream_data(&self, start: usize, max_size: usize) -> Option<Bytes> {
        or_default(
            "get_upstream_data",
            hostcalls::get_buffer(BufferType::UpstreamData, start, max_size),
        )
    }

    /// Replaces `size` bytes of the data from `start`.
    fn set_upstream_data(&self, start: usize, size: usize, value: &[u8]) {
        or_default(
            "set_upstream_data",
            hostcalls::set_buffer(BufferType::UpstreamData, start, size, value),
        )
    }

    /// Lets held data from the upstream go on.
    fn resume_upstream(&self) {
        or_default("resume_upstream", hostcalls::resume_upstream())
    }

    /// Closes the connection with the upstream.
    fn close_upstream(&self) {
        or_default("close_upstream", hostcalls::close_upstream())
    }

    /// The connection with the upstream has been closed.
    fn on_upstream_close(&mut self, _peer_type: PeerType) {}

    /// The end of the connection, for log lines.
    fn on_log(&mut self) {}
}
