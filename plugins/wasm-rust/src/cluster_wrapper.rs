//! Services of the gateway by what is known of them, as names of its clusters.

use proxy_wasm::hostcalls;

use crate::request_wrapper::get_request_host;

/// Something calls can be sent to.
pub trait Cluster {
    /// The cluster's name in the gateway.
    fn cluster_name(&self) -> String;
    /// The authority of requests to it, unless a URL says otherwise.
    fn host_name(&self) -> String;
}

fn first_of(preferred: &str, otherwise: &str) -> String {
    match preferred.is_empty() {
        true => otherwise.to_string(),
        false => preferred.to_string(),
    }
}

/// The cluster that the request's own route leads to.
#[derive(Debug, Clone)]
pub struct RouteCluster {
    host: String,
}

impl RouteCluster {
    /// `host`: empty for the request's own.
    pub fn new(host: &str) -> Self {
        Self {
            host: host.to_string(),
        }
    }
}

impl Cluster for RouteCluster {
    fn cluster_name(&self) -> String {
        let read = |path| hostcalls::get_property(path).ok().flatten();
        let name = read(vec!["cluster_name"]).or_else(|| read(vec!["xds", "cluster_name"]));
        String::from_utf8_lossy(&name.unwrap_or_default()).into_owned()
    }

    fn host_name(&self) -> String {
        match self.host.is_empty() {
            true => get_request_host(),
            false => self.host.clone(),
        }
    }
}

/// A Service of Kubernetes.
#[derive(Debug, Clone)]
pub struct K8sCluster {
    service_name: String,
    namespace: String,
    port: String,
    version: String,
    host: String,
}

impl K8sCluster {
    /// `namespace`: empty for `default`; `version`: a subset, or empty; `host`: empty for the
    /// service's own name.
    pub fn new(service_name: &str, namespace: &str, port: &str, version: &str, host: &str) -> Self {
        Self {
            service_name: service_name.to_string(),
            namespace: first_of(namespace, "default"),
            port: port.to_string(),
            version: version.to_string(),
            host: host.to_string(),
        }
    }

    fn full_name(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.service_name, self.namespace)
    }
}

impl Cluster for K8sCluster {
    fn cluster_name(&self) -> String {
        format!(
            "outbound|{}|{}|{}",
            self.port,
            self.version,
            self.full_name()
        )
    }

    fn host_name(&self) -> String {
        first_of(&self.host, &self.full_name())
    }
}

/// A service registered in Nacos.
#[derive(Debug, Clone)]
pub struct NacosCluster {
    service_name: String,
    group: String,
    namespace_id: String,
    port: u16,
    is_ext_registry: bool,
    version: String,
    host: String,
}

impl NacosCluster {
    /// `group`: empty for `DEFAULT-GROUP`; `host`: empty for the service's name.
    pub fn new(
        service_name: &str,
        group: &str,
        namespace_id: &str,
        port: u16,
        is_ext_registry: bool,
        version: &str,
        host: &str,
    ) -> Self {
        Self {
            service_name: service_name.to_string(),
            group: first_of(&group.replace('_', "-"), "DEFAULT-GROUP"),
            namespace_id: namespace_id.to_string(),
            port,
            is_ext_registry,
            version: version.to_string(),
            host: host.to_string(),
        }
    }
}

impl Cluster for NacosCluster {
    fn cluster_name(&self) -> String {
        let registry = if self.is_ext_registry {
            "nacos-ext"
        } else {
            "nacos"
        };
        let Self {
            port,
            version,
            service_name,
            group,
            namespace_id,
            ..
        } = self;
        format!("outbound|{port}|{version}|{service_name}.{group}.{namespace_id}.{registry}")
    }

    fn host_name(&self) -> String {
        first_of(&self.host, &self.service_name)
    }
}

/// A service of fixed addresses.
#[derive(Debug, Clone)]
pub struct StaticIpCluster {
    service_name: String,
    port: u16,
    host: String,
}

impl StaticIpCluster {
    /// `host`: empty for the service's name.
    pub fn new(service_name: &str, port: u16, host: &str) -> Self {
        Self {
            service_name: service_name.to_string(),
            port,
            host: host.to_string(),
        }
    }
}

impl Cluster for StaticIpCluster {
    fn cluster_name(&self) -> String {
        format!("outbound|{}||{}.static", self.port, self.service_name)
    }

    fn host_name(&self) -> String {
        first_of(&self.host, &self.service_name)
    }
}

/// A service found by DNS.
#[derive(Debug, Clone)]
pub struct DnsCluster {
    service_name: String,
    domain: String,
    port: u16,
}

impl DnsCluster {
    /// `domain`: the authority of requests.
    pub fn new(service_name: &str, domain: &str, port: u16) -> Self {
        Self {
            service_name: service_name.to_string(),
            domain: domain.to_string(),
            port,
        }
    }
}

impl Cluster for DnsCluster {
    fn cluster_name(&self) -> String {
        format!("outbound|{}||{}.dns", self.port, self.service_name)
    }

    fn host_name(&self) -> String {
        self.domain.clone()
    }
}

/// A service registered in Consul.
#[derive(Debug, Clone)]
pub struct ConsulCluster {
    service_name: String,
    datacenter: String,
    port: u16,
    host: String,
}

impl ConsulCluster {
    /// `host`: empty for the service's name.
    pub fn new(service_name: &str, datacenter: &str, port: u16, host: &str) -> Self {
        Self {
            service_name: service_name.to_string(),
            datacenter: datacenter.to_string(),
            port,
            host: host.to_string(),
        }
    }
}

impl Cluster for ConsulCluster {
    fn cluster_name(&self) -> String {
        format!(
            "outbound|{}||{}.{}.consul",
            self.port, self.service_name, self.datacenter
        )
    }

    fn host_name(&self) -> String {
        first_of(&self.host, &self.service_name)
    }
}

/// A service by its full name in the gateway, whatever it was found by.
#[derive(Debug, Clone)]
pub struct FQDNCluster {
    fqdn: String,
    host: String,
    port: u16,
}

impl FQDNCluster {
    /// `host`: empty for the full name.
    pub fn new(fqdn: &str, host: &str, port: u16) -> Self {
        Self {
            fqdn: fqdn.to_string(),
            host: host.to_string(),
            port,
        }
    }
}

impl Cluster for FQDNCluster {
    fn cluster_name(&self) -> String {
        format!("outbound|{}||{}", self.port, self.fqdn)
    }

    fn host_name(&self) -> String {
        first_of(&self.host, &self.fqdn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestHost;

    #[test]
    fn names_follow_the_kind_of_service() {
        let k8s =
            |ns, host| Box::new(K8sCluster::new("svc", ns, "80", "v1", host)) as Box<dyn Cluster>;
        let table: Vec<(Box<dyn Cluster>, &str, &str)> = vec![
            (
                k8s("ns", ""),
                "outbound|80|v1|svc.ns.svc.cluster.local",
                "svc.ns.svc.cluster.local",
            ),
            (
                k8s("", ""),
                "outbound|80|v1|svc.default.svc.cluster.local",
                "svc.default.svc.cluster.local",
            ),
            (
                k8s("ns", "h"),
                "outbound|80|v1|svc.ns.svc.cluster.local",
                "h",
            ),
            (
                Box::new(NacosCluster::new(
                    "svc", "MY_GROUP", "public", 80, false, "", "",
                )),
                "outbound|80||svc.MY-GROUP.public.nacos",
                "svc",
            ),
            (
                Box::new(NacosCluster::new("svc", "", "public", 80, true, "v2", "h")),
                "outbound|80|v2|svc.DEFAULT-GROUP.public.nacos-ext",
                "h",
            ),
            (
                Box::new(StaticIpCluster::new("svc", 80, "")),
                "outbound|80||svc.static",
                "svc",
            ),
            (
                Box::new(DnsCluster::new("svc", "d.com", 443)),
                "outbound|443||svc.dns",
                "d.com",
            ),
            (
                Box::new(ConsulCluster::new("svc", "dc1", 80, "")),
                "outbound|80||svc.dc1.consul",
                "svc",
            ),
            (
                Box::new(FQDNCluster::new("svc.dns", "", 80)),
                "outbound|80||svc.dns",
                "svc.dns",
            ),
            (
                Box::new(FQDNCluster::new("svc.dns", "h", 80)),
                "outbound|80||svc.dns",
                "h",
            ),
        ];
        for (cluster, name, host) in table {
            assert_eq!(cluster.cluster_name(), name);
            assert_eq!(cluster.host_name(), host, "{name}");
        }
    }

    #[test]
    fn the_routes_cluster_is_asked_of_the_host() {
        extern "C" fn nothing() {}
        let host = TestHost::start(nothing);
        let stream = host.stream();
        stream.set_cluster_name("outbound|80||a");
        stream.request_headers(&[(":authority", "r.com")], true);
        assert_eq!(RouteCluster::new("").cluster_name(), "outbound|80||a");
        assert_eq!(RouteCluster::new("").host_name(), "r.com");
        assert_eq!(RouteCluster::new("h").host_name(), "h");
    }
}
