//! The words of the ABI: numbers with names.

use crate::traits::{HttpContext, RootContext, StreamContext};

/// Makes a root context from its context id.
pub type NewRootContext = fn(context_id: u32) -> Box<dyn RootContext>;
/// Makes a stream (TCP) context from its id and its root context's id.
pub type NewStreamContext = fn(context_id: u32, root_context_id: u32) -> Box<dyn StreamContext>;
/// Makes an HTTP context from its id and its root context's id.
pub type NewHttpContext = fn(context_id: u32, root_context_id: u32) -> Box<dyn HttpContext>;

/// Owned bytes handed over by the host.
pub type Bytes = Vec<u8>;

/// Levels of `proxy_log`.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum LogLevel {
    Trace = 0,
    Debug = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
    Critical = 5,
}

impl LogLevel {
    /// The level with this number; numbers above 5 are `Critical`, so that "off" stays quiet.
    pub fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Trace,
            1 => Self::Debug,
            2 => Self::Info,
            3 => Self::Warn,
            4 => Self::Error,
            _ => Self::Critical,
        }
    }
}

/// What a callback asks the host to do with the message part it was shown.
///
/// One type serves every callback; what a constant means on the wire depends on the callback that
/// returns it. A `match` on it needs a wildcard arm.
///
/// | constant | from headers | from a body | from trailers, TCP |
/// |---|---|---|---|
/// | `Continue` | 0 | 0 | 0 |
/// | `Pause` | 4 | 1 | 1 |
/// | `StopIteration` | 1 | 1 | 1 |
/// | `ContinueAndEndStream` | 2 | 0 | 0 |
/// | `StopAllIterationAndBuffer` | 3 | 1 | 1 |
/// | `StopAllIterationAndWatermark` | 4 | 2 | 1 |
/// | `StopIterationAndBuffer` | 3 | 1 | 1 |
/// | `StopIterationAndWatermark` | 4 | 2 | 1 |
/// | `StopIterationNoBuffer` | 4 | 3 | 1 |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Action(Meaning);

/// The same type under the name used by header callbacks.
pub type HeaderAction = Action;
/// The same type under the name used by body callbacks.
pub type DataAction = Action;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Meaning {
    Continue,
    Pause,
    StopIteration,
    ContinueAndEndStream,
    StopAllIterationAndBuffer,
    StopAllIterationAndWatermark,
    StopIterationAndBuffer,
    StopIterationAndWatermark,
    StopIterationNoBuffer,
}

#[allow(non_upper_case_globals)]
impl Action {
    /// Pass this part on.
    pub const Continue: Self = Self(Meaning::Continue);
    /// Nothing more until resumed (headers); hold and call again (body).
    pub const Pause: Self = Self(Meaning::Pause);
    /// Hold the headers while body callbacks still come.
    pub const StopIteration: Self = Self(Meaning::StopIteration);
    /// Pass the headers on and end the message there.
    pub const ContinueAndEndStream: Self = Self(Meaning::ContinueAndEndStream);
    /// Stop everything until resumed; the host holds the body up to its limit.
    pub const StopAllIterationAndBuffer: Self = Self(Meaning::StopAllIterationAndBuffer);
    /// Stop everything until resumed; the host slows the sender down at its watermark.
    pub const StopAllIterationAndWatermark: Self = Self(Meaning::StopAllIterationAndWatermark);
    /// Hold this piece; the callback comes again with everything held.
    pub const StopIterationAndBuffer: Self = Self(Meaning::StopIterationAndBuffer);
    /// Hold this piece and slow the sender down at the watermark.
    pub const StopIterationAndWatermark: Self = Self(Meaning::StopIterationAndWatermark);
    /// Stop; the plug-in has taken the bytes, the host keeps none.
    pub const StopIterationNoBuffer: Self = Self(Meaning::StopIterationNoBuffer);

    /// The number a header callback returns.
    pub const fn for_headers(self) -> u32 {
        match self.0 {
            Meaning::Continue => 0,
            Meaning::StopIteration => 1,
            Meaning::ContinueAndEndStream => 2,
            Meaning::StopAllIterationAndBuffer | Meaning::StopIterationAndBuffer => 3,
            Meaning::Pause
            | Meaning::StopAllIterationAndWatermark
            | Meaning::StopIterationAndWatermark
            | Meaning::StopIterationNoBuffer => 4,
        }
    }

    /// The number a body callback returns.
    pub const fn for_body(self) -> u32 {
        match self.0 {
            Meaning::Continue | Meaning::ContinueAndEndStream => 0,
            Meaning::Pause
            | Meaning::StopIteration
            | Meaning::StopAllIterationAndBuffer
            | Meaning::StopIterationAndBuffer => 1,
            Meaning::StopAllIterationAndWatermark | Meaning::StopIterationAndWatermark => 2,
            Meaning::StopIterationNoBuffer => 3,
        }
    }

    /// The number a trailer or TCP callback returns.
    pub const fn for_trailers(self) -> u32 {
        match self.0 {
            Meaning::Continue | Meaning::ContinueAndEndStream => 0,
            _ => 1,
        }
    }
}

/// Results of host calls.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Status {
    Ok = 0,
    NotFound = 1,
    BadArgument = 2,
    SerializationFailure = 3,
    ParseFailure = 4,
    BadExpression = 5,
    InvalidMemoryAccess = 6,
    Empty = 7,
    CasMismatch = 8,
    ResultMismatch = 9,
    InternalFailure = 10,
    BrokenConnection = 11,
    Unimplemented = 12,
}

impl Status {
    /// The status with this number; a number the ABI does not know is `InternalFailure`.
    pub const fn from_number(number: u32) -> Self {
        match number {
            0 => Self::Ok,
            1 => Self::NotFound,
            2 => Self::BadArgument,
            3 => Self::SerializationFailure,
            4 => Self::ParseFailure,
            5 => Self::BadExpression,
            6 => Self::InvalidMemoryAccess,
            7 => Self::Empty,
            8 => Self::CasMismatch,
            9 => Self::ResultMismatch,
            11 => Self::BrokenConnection,
            12 => Self::Unimplemented,
            _ => Self::InternalFailure,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Status {}

/// Which kind of context a root context makes for a stream.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ContextType {
    HttpContext = 0,
    StreamContext = 1,
}

/// Which half of a stream a resume or close speaks of.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum StreamType {
    HttpRequest = 0,
    HttpResponse = 1,
    Downstream = 2,
    Upstream = 3,
}

/// Buffers of the host.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum BufferType {
    HttpRequestBody = 0,
    HttpResponseBody = 1,
    DownstreamData = 2,
    UpstreamData = 3,
    HttpCallResponseBody = 4,
    GrpcReceiveBuffer = 5,
    VmConfiguration = 6,
    PluginConfiguration = 7,
    CallData = 8,
    RedisCallResponse = 9,
}

/// Header and trailer maps of the host.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum MapType {
    HttpRequestHeaders = 0,
    HttpRequestTrailers = 1,
    HttpResponseHeaders = 2,
    HttpResponseTrailers = 3,
    GrpcReceiveInitialMetadata = 4,
    GrpcReceiveTrailingMetadata = 5,
    HttpCallResponseHeaders = 6,
    HttpCallResponseTrailers = 7,
}

/// Who closed a TCP connection.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum PeerType {
    Unknown = 0,
    Local = 1,
    Remote = 2,
}

impl PeerType {
    pub(crate) fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Local,
            2 => Self::Remote,
            _ => Self::Unknown,
        }
    }
}

/// Kinds of metrics.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum MetricType {
    Counter = 0,
    Gauge = 1,
    Histogram = 2,
}

/// Status codes of gRPC.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum GrpcStatusCode {
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_from_headers_means_nothing_more_until_resumed() {
        assert_eq!(Action::Pause.for_headers(), 4);
        assert_eq!(Action::Pause.for_body(), 1);
        assert_eq!(Action::Pause.for_trailers(), 1);
    }

    #[test]
    fn every_constant_has_its_value_per_callback() {
        let table = [
            (Action::Continue, 0, 0, 0),
            (Action::StopIteration, 1, 1, 1),
            (Action::ContinueAndEndStream, 2, 0, 0),
            (Action::StopAllIterationAndBuffer, 3, 1, 1),
            (Action::StopAllIterationAndWatermark, 4, 2, 1),
            (Action::StopIterationAndBuffer, 3, 1, 1),
            (Action::StopIterationAndWatermark, 4, 2, 1),
            (Action::StopIterationNoBuffer, 4, 3, 1),
        ];
        for (action, headers, body, trailers) in table {
            assert_eq!(action.for_headers(), headers, "{action:?}");
            assert_eq!(action.for_body(), body, "{action:?}");
            assert_eq!(action.for_trailers(), trailers, "{action:?}");
        }
    }

    #[test]
    fn the_three_action_names_are_one_type() {
        fn same(_: Action, _: HeaderAction, _: DataAction) {}
        same(HeaderAction::Pause, DataAction::Continue, Action::Pause);
    }

    #[test]
    fn a_status_keeps_its_number() {
        for number in 0..=12 {
            assert_eq!(Status::from_number(number) as u32, number);
        }
        assert_eq!(Status::from_number(99), Status::InternalFailure);
    }
}
