//! What a configuration means, and all that is wrong with it; nothing here knows Python's objects.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use std::time::Duration;

use crate::model::{Action, Config, Listen, Route, Upstream};

/// Shorter ones would be 0 as a `timedelta`, and there is none for the longest `Duration`.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Finds everything that is wrong, each with its place.
#[must_use]
pub fn find_problems(config: &Config) -> Vec<String> {
    let mut problems = Problems::default();
    match &config.listen {
        Listen::Port(port) => problems.refuse(port.0 == 0, "listen", "0 is no port"),
        Listen::Address(address) => problems.check_address("listen", address),
    }
    for (name, span) in [
        ("request", config.timeouts.request),
        ("connect", config.timeouts.connect),
    ] {
        problems.refuse(
            !(SHORTEST..=LONGEST).contains(&span),
            &format!("timeouts.{name}"),
            "must be between a millisecond and a day",
        );
    }
    for (name, upstream) in &config.upstreams {
        problems.check_upstream(&format!("upstreams.{name}"), upstream);
    }
    let mut places = BTreeSet::new();
    for (number, route) in config.routes.iter().enumerate() {
        let place = format!("routes[{number}]");
        problems.check_route(&place, route, config);
        let is_new = places.insert((&route.host, &route.path, &route.methods));
        problems.refuse(
            !is_new,
            &place,
            "an earlier route has its host, path and methods",
        );
    }
    problems.0
}

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn refuse(&mut self, wrong: bool, place: &str, reason: &str) {
        if wrong {
            self.0.push(format!("{place}: {reason}"));
        }
    }

    fn check_upstream(&mut self, place: &str, upstream: &Upstream) {
        self.refuse(upstream.servers.is_empty(), place, "there are no servers");
        for (number, server) in upstream.servers.iter().enumerate() {
            self.check_address(&format!("{place}.servers[{number}]"), server);
        }
    }

    /// Takes a host and a port, and looks up no name.
    fn check_address(&mut self, place: &str, address: &str) {
        let is_address = address.rsplit_once(':').is_some_and(|(host, port)| {
            let is_name = host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
            let is_host = !host.is_empty() && (is_name || is_ipv6(host));
            is_host && port.parse().is_ok_and(|port: u16| port > 0)
        });
        self.refuse(
            !is_address,
            place,
            &format!("`{address}` is no host with a port"),
        );
    }

    fn check_route(&mut self, place: &str, route: &Route, config: &Config) {
        let is_path = route.path.starts_with('/') && !route.path.contains(['?', '#', ' ']);
        self.refuse(
            !is_path,
            &format!("{place}.path"),
            &format!("`{}` is no path", route.path),
        );
        for method in &route.methods {
            let is_method =
                !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
            self.refuse(
                !is_method,
                &format!("{place}.methods"),
                &format!("`{method}` is no method"),
            );
        }
        let place = format!("{place}.action");
        match &route.action {
            Action::Upstream { upstream } => {
                let is_known = config.upstreams.contains_key(upstream);
                let reason = format!("there is no upstream `{upstream}`");
                self.refuse(!is_known, &format!("{place}.upstream"), &reason);
            }
            Action::Redirect { redirect } => {
                let is_redirect = matches!(redirect.status, 301 | 302 | 303 | 307 | 308);
                let reason = format!("{} is no redirect", redirect.status);
                self.refuse(!is_redirect, &format!("{place}.redirect.status"), &reason);
            }
            Action::Respond { respond } => {
                let is_status = (200..=599).contains(&respond.status);
                let reason = format!("{} is no status of a response", respond.status);
                self.refuse(!is_status, &format!("{place}.respond.status"), &reason);
            }
        }
    }
}

fn is_ipv6(host: &str) -> bool {
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

// region: find
/// Finds the route of a request: of those that fit, the one with a host, with the longest path, with methods, or the first.
#[must_use]
pub fn find_route(config: &Config, method: &str, host: &str, path: &str) -> Option<usize> {
    let routes = config.routes.iter().enumerate();
    let fitting = routes.filter(|(_, route)| {
        let host_fits = route
            .host
            .as_ref()
            .is_none_or(|name| name.eq_ignore_ascii_case(host));
        let method_fits =
            route.methods.is_empty() || route.methods.iter().any(|name| name == method);
        host_fits && method_fits && is_below(path, &route.path)
    });
    // Of equal ones `max_by_key` takes the last.
    let best = fitting.max_by_key(|(number, route)| {
        let specific = (
            route.host.is_some(),
            route.path.len(),
            !route.methods.is_empty(),
        );
        (specific, std::cmp::Reverse(*number))
    });
    best.map(|(number, _)| number)
}

/// Whether a path is another one or below it: `/api` has `/api/x`, and not `/apix`.
fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent)
        .is_some_and(|rest| rest.is_empty() || parent.ends_with('/') || rest.starts_with('/'))
}
// endregion: find

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Port, Respond, Timeouts};

    fn route(host: Option<&str>, path: &str, methods: &[&str]) -> Route {
        Route {
            path: path.to_owned(),
            action: Action::Respond {
                respond: Respond {
                    status: 200,
                    body: String::new(),
                },
            },
            host: host.map(str::to_owned),
            methods: methods.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn config(routes: Vec<Route>) -> Config {
        Config {
            listen: Listen::Port(Port(80)),
            timeouts: Timeouts::default(),
            upstreams: [].into(),
            routes,
        }
    }

    #[test]
    fn the_most_specific_route_is_taken() {
        let config = config(vec![
            route(None, "/", &[]),
            route(None, "/api", &[]),
            route(None, "/api", &["POST"]),
            route(Some("a.example"), "/", &[]),
        ]);
        assert_eq!(find_problems(&config), [""; 0]);
        for (method, host, path, number) in [
            ("GET", "b.example", "/x", 0),
            ("GET", "b.example", "/api", 1),
            ("GET", "b.example", "/api/x", 1),
            ("GET", "b.example", "/apix", 0),
            ("POST", "b.example", "/api/x", 2),
            ("POST", "A.EXAMPLE", "/api/x", 3),
        ] {
            let found = find_route(&config, method, host, path);
            assert_eq!(found, Some(number), "{method} {host} {path}");
        }
        assert_eq!(find_route(&config, "GET", "b.example", "x"), None);
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let mut config = config(vec![route(None, "x", &["get"]), route(None, "x", &["get"])]);
        config.listen = Listen::Address("localhost".to_owned());
        config.routes[1].action = Action::Upstream {
            upstream: "api".to_owned(),
        };
        assert_eq!(
            find_problems(&config),
            [
                "listen: `localhost` is no host with a port",
                "routes[0].path: `x` is no path",
                "routes[0].methods: `get` is no method",
                "routes[1].path: `x` is no path",
                "routes[1].methods: `get` is no method",
                "routes[1].action.upstream: there is no upstream `api`",
                "routes[1]: an earlier route has its host, path and methods",
            ]
        );
    }

    #[test]
    fn addresses_have_a_host_and_a_port() {
        for (address, right) in [
            ("localhost:80", true),
            ("10.0.0.1:65535", true),
            ("[::1]:80", true),
            ("localhost:0", false),
            ("localhost:65536", false),
            (":80", false),
            ("a b:80", false),
            ("::1:80", false),
        ] {
            let mut problems = Problems::default();
            problems.check_address("listen", address);
            assert_eq!(problems.0.is_empty(), right, "{address}");
        }
    }
}
