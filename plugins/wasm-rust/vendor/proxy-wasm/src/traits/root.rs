//! The context of a plug-in in a VM.

use std::time::Duration;

use super::{or_default, Context, HttpContext, StreamContext};
use crate::hostcalls;
use crate::types::*;

/// One per plug-in and VM, thus one per worker: configuration, timers, queues, and the making of
/// stream contexts.
pub trait RootContext: Context {
    /// The VM has started; `false` makes it unusable.
    fn on_vm_start(&mut self, _vm_configuration_size: usize) -> bool {
        true
    }

    /// The configuration of the VM.
    fn get_vm_configuration(&self) -> Option<Bytes> {
        or_default(
            "get_vm_configuration",
            hostcalls::get_buffer(BufferType::VmConfiguration, 0, usize::MAX),
        )
    }

    /// The plug-in's configuration is there; `false` refuses it.
    fn on_configure(&mut self, _plugin_configuration_size: usize) -> bool {
        true
    }

    /// The configuration of the plug-in.
    fn get_plugin_configuration(&self) -> Option<Bytes> {
        or_default(
            "get_plugin_configuration",
            hostcalls::get_buffer(BufferType::PluginConfiguration, 0, usize::MAX),
        )
    }

    /// Asks for [`on_tick`](RootContext::on_tick) every `period`; zero turns it off.
    fn set_tick_period(&self, period: Duration) {
        or_default("set_tick_period", hostcalls::set_tick_period(period))
    }

    /// The timer.
    fn on_tick(&mut self) {}

    /// A queue registered by this context has an item.
    fn on_queue_ready(&mut self, _queue_id: u32) {}

    /// A foreign function of the host calls back.
    fn on_foreign_function(&mut self, _function_id: u32, _arguments_size: usize) {}

    /// The end of the root context, for its last log lines.
    fn on_log(&mut self) {}

    /// Makes the context of one HTTP request; `None` leaves the request alone.
    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        None
    }

    /// Makes the context of one TCP connection; `None` leaves it alone.
    fn create_stream_context(&self, _context_id: u32) -> Option<Box<dyn StreamContext>> {
        None
    }

    /// Which of the two this plug-in makes.
    fn get_type(&self) -> Option<ContextType> {
        None
    }
}
