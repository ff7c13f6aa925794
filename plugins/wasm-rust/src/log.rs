//! Log lines that name the plug-in.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use proxy_wasm::hostcalls;

/// Levels of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Critical,
}

impl From<LogLevel> for proxy_wasm::types::LogLevel {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Trace => Self::Trace,
            LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Warn => Self::Warn,
            LogLevel::Error => Self::Error,
            LogLevel::Critical => Self::Critical,
        }
    }
}

/// Writes log lines that begin with `[name] `.
///
/// The name is the one given, or the configuration's `_plugin_id_` once that is known; clones share
/// it. Lines of the plain methods always go to the host, which filters by its level; the `…f` methods
/// ask for the level first, so that a line nobody wants is not even put together.
#[derive(Debug, Clone)]
pub struct Log {
    name: Arc<RwLock<String>>,
}

macro_rules! levels {
    ($($level:ident $plain:ident $formatted:ident;)*) => {
        $(
            #[doc = concat!("Writes a line of level `", stringify!($level), "`.")]
            pub fn $plain(&self, message: &str) {
                self.write(LogLevel::$level, format_args!("{message}"));
            }

            #[doc = concat!("Writes a line of level `", stringify!($level), "`, if it is wanted.")]
            pub fn $formatted(&self, message: fmt::Arguments) {
                self.write_if_wanted(LogLevel::$level, message);
            }
        )*
    };
}

impl Log {
    /// A log for the plug-in of this name.
    pub fn new(plugin_name: String) -> Self {
        Self {
            name: Arc::new(RwLock::new(plugin_name)),
        }
    }

    levels! {
        Trace trace tracef;
        Debug debug debugf;
        Info info infof;
        Warn warn warnf;
        Error error errorf;
        Critical critical criticalf;
    }

    /// Gives this log and its clones another name.
    pub(crate) fn rename(&self, name: &str) {
        let mut current = self.name.write().unwrap_or_else(PoisonError::into_inner);
        *current = name.to_owned();
    }

    fn write_if_wanted(&self, level: LogLevel, message: fmt::Arguments) {
        let wanted = hostcalls::get_log_level();
        if wanted.is_ok_and(|lowest| proxy_wasm::types::LogLevel::from(level) >= lowest) {
            self.write(level, message);
        }
    }

    fn write(&self, level: LogLevel, message: fmt::Arguments) {
        let name = self.name.read().unwrap_or_else(PoisonError::into_inner);
        // A line that the host refuses has nowhere else to go.
        let _ = hostcalls::log(level.into(), &format!("[{name}] {message}"));
    }
}
