//! A gateway in the test process: plug-ins run as ordinary programs, without a module or a network.
//!
//! A [`TestHost`] is one VM with one plug-in. It starts the plug-in's entry point, gives it a
//! configuration, and opens [`TestStream`]s: requests whose headers, bodies, route and cluster the
//! test chooses. Calls that the plug-in makes (HTTP, gRPC, Redis) are recorded, and answered when the
//! test says so; log lines, local replies, properties, shared data and metrics can be looked at.
//! The plug-in's VM belongs to the thread, so tests may run beside each other.
//!
//! ```no_run
//! # proxy_wasm::main! {{ }}
//! use higress_wasm_rust::testing::TestHost;
//!
//! # fn main() {
//! let host = TestHost::start(_initialize);
//! assert!(host.configure(r#"{"name": "you"}"#));
//! let stream = host.stream();
//! stream.set_route_name("default/foo");
//! stream.request_headers(&[(":path", "/hello")], true);
//! assert_eq!(stream.local_reply().unwrap().body_text(), "Hello, you!");
//! # }
//! ```
//!
//! The statuses and the order of callbacks are those of the ABI. It is not a gateway: one plug-in,
//! no chain, no limits, and only the properties that the test sets.

mod answers;
mod cases;
mod map;
mod state;
mod stream;
#[cfg(test)]
mod testing_test;

use std::rc::Rc;
use std::time::{Duration, SystemTime};

use proxy_wasm::native::{self, callbacks};
use proxy_wasm::types::{Bytes, LogLevel, Status};

pub use cases::run_cases;
pub use map::HeaderMap;
pub use state::{GrpcCall, HttpCall, LocalReply, RedisCall};
pub use stream::{Returned, TestStream};

use state::State;

const ROOT_ID: u32 = 1;

/// One VM with one plug-in, started and ready to be configured.
pub struct TestHost {
    state: Rc<State>,
}

impl TestHost {
    /// Starts the plug-in whose `proxy_wasm::main!` made `initialize`.
    ///
    /// Panics when `on_vm_start` returns false.
    pub fn start(initialize: extern "C" fn()) -> Self {
        Self::start_with_vm_configuration(initialize, b"")
    }

    /// The same, with bytes for `on_vm_start`.
    pub fn start_with_vm_configuration(initialize: extern "C" fn(), configuration: &[u8]) -> Self {
        let state = Rc::new(State::new(ROOT_ID, configuration));
        native::reset();
        native::set_host(Some(state.clone()));
        initialize();
        callbacks::proxy_on_context_create(ROOT_ID, 0);
        let started = callbacks::proxy_on_vm_start(ROOT_ID, configuration.len());
        assert_eq!(started, 1, "the plug-in refused to start");
        Self { state }
    }

    /// Gives the plug-in a configuration; whether it accepts it.
    pub fn configure(&self, configuration: impl AsRef<[u8]>) -> bool {
        let configuration = configuration.as_ref();
        self.state.inner().plugin_configuration = configuration.to_vec();
        self.state.enter(ROOT_ID);
        callbacks::proxy_on_configure(ROOT_ID, configuration.len()) != 0
    }

    /// Opens a request: `GET http://example.com/`, to be changed before or by its headers.
    pub fn stream(&self) -> TestStream {
        TestStream::open(Rc::clone(&self.state))
    }

    /// Runs the plug-in's timer once.
    pub fn tick(&self) {
        self.state.enter(ROOT_ID);
        callbacks::proxy_on_tick(ROOT_ID);
    }

    /// Tells the plug-in that a queue has an item.
    pub fn queue_ready(&self, queue_id: u32) {
        self.state.enter(ROOT_ID);
        callbacks::proxy_on_queue_ready(ROOT_ID, queue_id);
    }

    /// The period the plug-in asked its timer for; zero while it has asked for none.
    pub fn tick_period(&self) -> Duration {
        Duration::from_millis(self.state.inner().tick_period.into())
    }

    /// Sets the clock that the plug-in reads from the host.
    pub fn set_time(&self, time: SystemTime) {
        self.state.inner().time = time;
    }

    /// Sets the level below which the host wants no lines. Lines are recorded all the same.
    pub fn set_log_level(&self, level: LogLevel) {
        self.state.inner().log_level = level;
    }

    /// Every log line so far.
    pub fn logs(&self) -> Vec<(LogLevel, String)> {
        self.state.inner().logs.clone()
    }

    /// Whether a log line of this level contains the text.
    pub fn has_logged(&self, level: LogLevel, text: &str) -> bool {
        let inner = self.state.inner();
        inner
            .logs
            .iter()
            .any(|(at, line)| *at == level && line.contains(text))
    }

    /// Makes the host know a foreign function.
    pub fn set_foreign_function(
        &self,
        name: &str,
        function: impl Fn(&[u8]) -> Result<Bytes, Status> + 'static,
    ) {
        self.state
            .inner()
            .foreign
            .insert(name.as_bytes().to_vec(), Rc::new(function));
    }

    /// A shared value.
    pub fn shared_data(&self, key: &str) -> Option<Bytes> {
        self.state
            .inner()
            .shared
            .get(key.as_bytes())
            .map(|(value, _)| value.clone())
    }

    /// The value of a metric; of a histogram, the sum of what was recorded.
    pub fn metric(&self, name: &str) -> Option<u64> {
        let inner = self.state.inner();
        inner
            .metrics
            .iter()
            .find(|metric| metric.name == name)
            .map(|metric| metric.value)
    }

    /// Makes every HTTP, gRPC and Redis call fail to start with this status; `None`: they start.
    pub fn refuse_calls(&self, status: Option<Status>) {
        self.state.inner().refuse_calls = status;
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        native::reset();
        native::set_host(None);
    }
}
