//! Redis through the gateway: commands go out in the background, answers come to functions.
//!
//! Make a client in `on_configure`, call [`RedisClient::init`] once, and send commands from any callback.
//! A function given to a command runs once, with the reply as a value of the crate [`redis`], unless
//! the context that sent it has ended by then.

mod commands;

use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, Status};
use redis::Cmd;

use crate::cluster_wrapper::Cluster;

pub use ::redis;

/// What runs with the answer of a command: the value or what went wrong, the call's status (0:
/// answered), and its token.
pub type RedisValueCallbackFn = dyn FnOnce(&Result<redis::Value, String>, usize, u32);

/// What a client needs to know, changed in place.
#[derive(Debug, Clone)]
pub struct RedisClientConfig {
    cluster: String,
    timeout: Duration,
    username: Option<String>,
    password: Option<String>,
    database: Option<u32>,
}

impl RedisClientConfig {
    /// `timeout`: of each command.
    pub fn new(cluster: &dyn Cluster, timeout: Duration) -> Self {
        Self {
            cluster: cluster.cluster_name(),
            timeout,
            username: None,
            password: None,
            database: None,
        }
    }

    /// Sets the user's name.
    pub fn username<T: AsRef<str>>(&mut self, username: Option<T>) -> &mut Self {
        self.username = username.map(|text| text.as_ref().to_string());
        self
    }

    /// Sets the password.
    pub fn password<T: AsRef<str>>(&mut self, password: Option<T>) -> &mut Self {
        self.password = password.map(|text| text.as_ref().to_string());
        self
    }

    /// Sets the number of the database.
    pub fn database(&mut self, database: Option<u32>) -> &mut Self {
        self.database = database;
        self
    }
}

/// The same as [`RedisClientConfig`], by value.
#[derive(Debug, Clone)]
pub struct RedisClientBuilder(RedisClientConfig);

impl RedisClientBuilder {
    /// `timeout`: of each command.
    pub fn new(cluster: &dyn Cluster, timeout: Duration) -> Self {
        Self(RedisClientConfig::new(cluster, timeout))
    }

    /// Sets the user's name.
    pub fn username<T: AsRef<str>>(mut self, username: Option<T>) -> Self {
        self.0.username(username);
        self
    }

    /// Sets the password.
    pub fn password<T: AsRef<str>>(mut self, password: Option<T>) -> Self {
        self.0.password(password);
        self
    }

    /// Sets the number of the database.
    pub fn database(mut self, database: Option<u32>) -> Self {
        self.0.database(database);
        self
    }

    /// The client.
    pub fn build(self) -> RedisClient {
        RedisClient::new(&self.0)
    }
}

/// A Redis service; see the module's text.
#[derive(Debug, Clone)]
pub struct RedisClient {
    /// The cluster's name, with the database when it is not 0.
    upstream: String,
    username: Option<String>,
    password: Option<String>,
    timeout: Duration,
}

impl RedisClient {
    /// A client that has sent nothing yet.
    pub fn new(config: &RedisClientConfig) -> Self {
        let upstream = match config.database {
            None | Some(0) => config.cluster.clone(),
            Some(database) => format!("{}?db={database}", config.cluster),
        };
        Self {
            upstream,
            username: config.username.clone(),
            password: config.password.clone(),
            timeout: config.timeout,
        }
    }

    /// Prepares the service in the gateway. `BadArgument`: it knows no such cluster.
    pub fn init(&self) -> Result<(), Status> {
        let bytes = |text: &'_ Option<String>| text.clone().map(String::into_bytes);
        let (username, password) = (bytes(&self.username), bytes(&self.password));
        hostcalls::redis_init(
            &self.upstream,
            username.as_deref(),
            password.as_deref(),
            self.timeout,
        )
    }

    /// Sends any command. Returns the call's token.
    pub fn command(&self, cmd: &Cmd, call_fn: Box<RedisValueCallbackFn>) -> Result<u32, Status> {
        hostcalls::dispatch_redis_call(
            &self.upstream,
            &cmd.get_packed_command(),
            Box::new(move |token, status, size| call_fn(&read_reply(status, size), status, token)),
        )
    }
}

fn read_reply(status: usize, size: usize) -> Result<redis::Value, String> {
    if status != 0 {
        return Err(format!("the call failed with status {status}"));
    }
    let reply = hostcalls::get_buffer(BufferType::RedisCallResponse, 0, size)
        .map_err(|status| format!("the reply cannot be read: {status}"))?;
    match redis::parse_redis_value(&reply.unwrap_or_default()) {
        Ok(redis::Value::ServerError(error)) => Err(redis::RedisError::from(error).to_string()),
        Ok(value) => Ok(value),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::cluster_wrapper::StaticIpCluster;
    use crate::testing::TestHost;

    extern "C" fn nothing() {}

    fn client() -> RedisClient {
        RedisClientBuilder::new(&StaticIpCluster::new("r", 6379, ""), Duration::from_secs(1))
            .build()
    }

    /// The value and status that a command's function gets for this answer.
    fn answered(status: u32, reply: &[u8]) -> (Result<redis::Value, String>, usize) {
        let host = TestHost::start(nothing);
        let seen = Rc::new(RefCell::new(None));
        let sink = Rc::clone(&seen);
        let token = client().get(
            "k",
            Box::new(move |value, status, _| {
                *sink.borrow_mut() = Some((value.clone(), status));
            }),
        );
        host.answer_redis_call(token.unwrap(), status, reply);
        let result = seen.borrow_mut().take();
        result.expect("the function has run")
    }

    #[test]
    fn the_database_is_part_of_the_name_unless_it_is_0() {
        let host = TestHost::start(nothing);
        let mut config = RedisClientConfig::new(
            &StaticIpCluster::new("r", 6379, ""),
            Duration::from_millis(1500),
        );
        config.username(Some("u")).password(Some("p"));
        for (database, name) in [
            (None, "outbound|6379||r.static"),
            (Some(0), "outbound|6379||r.static"),
            (Some(3), "outbound|6379||r.static?db=3"),
        ] {
            config.database(database);
            RedisClient::new(&config).init().unwrap();
            let (upstream, user, password, timeout) = host.redis_inits().pop().unwrap();
            assert_eq!(
                (upstream.as_str(), user, password),
                (name, b"u".to_vec(), b"p".to_vec())
            );
            assert_eq!(timeout, Duration::from_millis(1500));
        }
    }

    #[test]
    fn a_reply_becomes_a_value() {
        assert_eq!(answered(0, b":12\r\n"), (Ok(redis::Value::Int(12)), 0));
        let text = redis::Value::BulkString(b"ab".to_vec());
        assert_eq!(answered(0, b"$2\r\nab\r\n"), (Ok(text), 0));
        assert_eq!(answered(0, b"$-1\r\n"), (Ok(redis::Value::Nil), 0));
    }

    #[test]
    fn errors_of_the_server_the_network_and_the_reply_are_told() {
        let (value, status) = answered(0, b"-WRONGTYPE no\r\n");
        assert!(value.unwrap_err().contains("WRONGTYPE"));
        assert_eq!(status, 0);
        assert_eq!(
            answered(1, b""),
            (Err("the call failed with status 1".to_string()), 1)
        );
        assert!(answered(0, b"?nonsense").0.is_err());
        assert!(answered(0, b"").0.is_err());
    }

    #[test]
    fn the_function_of_an_ended_stream_is_dropped_unrun() {
        extern "C" fn streams() {
            struct Plain;
            impl proxy_wasm::traits::Context for Plain {}
            impl proxy_wasm::traits::HttpContext for Plain {
                fn on_http_request_headers(
                    &mut self,
                    _: usize,
                    _: bool,
                ) -> proxy_wasm::types::Action {
                    let run = Box::new(|_: &_, _, _| panic!("must not run"));
                    super::tests::client().incr("k", run).unwrap();
                    proxy_wasm::types::Action::Pause
                }
            }
            proxy_wasm::set_http_context(|_, _| Box::new(Plain));
        }
        let host = TestHost::start(streams);
        let stream = host.stream();
        stream.request_headers(&[], true);
        drop(stream);
        host.answer_redis_call(host.redis_calls()[0].token, 0, b":1\r\n");
    }

    #[test]
    fn a_call_that_does_not_start_is_told() {
        let host = TestHost::start(nothing);
        host.refuse_calls(Some(Status::BadArgument));
        assert_eq!(client().init(), Err(Status::BadArgument));
        let call = client().get("k", Box::new(|_, _, _| {}));
        assert_eq!(call, Err(Status::BadArgument));
    }
}
