//! The `log` crate's door to the host, and the host's ear for panics.

use std::sync::Once;

use crate::hostcalls;
use crate::types::LogLevel;

struct HostLogger;

static LOGGER: HostLogger = HostLogger;
static PANIC_HOOK: Once = Once::new();

impl log::Log for HostLogger {
    fn enabled(&self, metadata: &log::Metadata) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &log::Record) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            log::Level::Trace => LogLevel::Trace,
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        // A line that the host refuses has nowhere else to go.
        let _ = hostcalls::log(level, &record.args().to_string());
    }

    fn flush(&self) {}
}

pub(crate) fn set_log_level(level: LogLevel) {
    report_panics();
    // An error says that a logger is set already: ours from an earlier call, or the plug-in's own.
    let _ = log::set_logger(&LOGGER);
    log::set_max_level(match level {
        LogLevel::Trace => log::LevelFilter::Trace,
        LogLevel::Debug => log::LevelFilter::Debug,
        LogLevel::Info => log::LevelFilter::Info,
        LogLevel::Warn => log::LevelFilter::Warn,
        LogLevel::Error | LogLevel::Critical => log::LevelFilter::Error,
    });
}

/// In a module, a panic's text becomes one critical log line; natively the test harness has its own.
pub(crate) fn report_panics() {
    PANIC_HOOK.call_once(|| {
        #[cfg(target_arch = "wasm32")]
        std::panic::set_hook(Box::new(|panic| {
            let _ = hostcalls::log(LogLevel::Critical, &panic.to_string());
        }));
    });
}
