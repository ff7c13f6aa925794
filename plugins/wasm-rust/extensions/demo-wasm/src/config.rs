//! The demo's configuration.

use std::time::Duration;

use higress_wasm_rust::cluster_wrapper::{DnsCluster, FQDNCluster};
use higress_wasm_rust::config::integer_or_text;
use higress_wasm_rust::redis_wrapper::RedisClientConfig;
use serde::Deserialize;

#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct DemoWasmConfig {
    /// Logged with every request.
    pub(crate) test: String,
    pub(crate) redis: RedisConfig,
    #[serde(default)]
    pub(crate) call: CallConfig,
}

#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct RedisConfig {
    /// The service's full name in the gateway, for example `redis.dns`.
    pub(crate) service_name: String,
    /// 0: 80 for a name that ends in `.static`, else 6379.
    #[serde(default, deserialize_with = "integer_or_text")]
    service_port: u16,
    username: Option<String>,
    password: Option<String>,
    /// Milliseconds.
    #[serde(default = "default_timeout", deserialize_with = "integer_or_text")]
    timeout: u64,
    database: Option<u32>,
}

fn default_timeout() -> u64 {
    1000
}

impl RedisConfig {
    pub(crate) fn client_config(&self) -> RedisClientConfig {
        let port = match self.service_port {
            0 if self.service_name.ends_with(".static") => 80,
            0 => 6379,
            port => port,
        };
        let cluster = FQDNCluster::new(&self.service_name, "", port);
        let mut config = RedisClientConfig::new(&cluster, Duration::from_millis(self.timeout));
        config
            .username(self.username.as_ref())
            .password(self.password.as_ref())
            .database(self.database);
        config
    }
}

/// The service that gets a POST with each response.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct CallConfig {
    service_name: String,
    domain: String,
    #[serde(deserialize_with = "integer_or_text")]
    port: u16,
    pub(crate) path: String,
}

impl Default for CallConfig {
    fn default() -> Self {
        Self {
            service_name: "httpbin".to_string(),
            domain: "httpbin.org".to_string(),
            port: 80,
            path: "/post".to_string(),
        }
    }
}

impl CallConfig {
    pub(crate) fn cluster(&self) -> DnsCluster {
        DnsCluster::new(&self.service_name, &self.domain, self.port)
    }
}
