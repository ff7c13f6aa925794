//! What rules look at, asked of the host when a rule first needs it.

use std::cell::OnceCell;

use proxy_wasm::hostcalls;
use proxy_wasm::types::{Bytes, MapType};

use super::pattern::without_port;

/// Host, route and cluster of the request whose context runs now. What is missing is empty.
#[derive(Default)]
pub(super) struct RequestFacts {
    host: OnceCell<Bytes>,
    route: OnceCell<Bytes>,
    cluster: OnceCell<Bytes>,
}

impl RequestFacts {
    /// The host of `:authority`, lower-cased, without port.
    pub(super) fn host(&self) -> &[u8] {
        self.host.get_or_init(|| {
            let authority =
                hostcalls::get_map_value_bytes(MapType::HttpRequestHeaders, ":authority");
            without_port(&authority.ok().flatten().unwrap_or_default()).to_ascii_lowercase()
        })
    }

    /// The route's name.
    pub(super) fn route(&self) -> &[u8] {
        self.route.get_or_init(|| property("route_name"))
    }

    /// The cluster's name.
    pub(super) fn cluster(&self) -> &[u8] {
        self.cluster.get_or_init(|| property("cluster_name"))
    }
}

/// The property under its old name, or under `xds.` where hosts have dropped the old one.
fn property(name: &str) -> Bytes {
    let read = |path| hostcalls::get_property(path).ok().flatten();
    read(vec![name])
        .or_else(|| read(vec!["xds", name]))
        .unwrap_or_default()
}
