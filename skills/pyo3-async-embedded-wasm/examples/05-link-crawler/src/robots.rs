//! What a site allows to a crawler, by RFC 9309.

/// The rules of one robots.txt for one crawler.
#[derive(Debug, Default)]
pub struct Rules(Vec<(bool, String)>);

impl Rules {
    /// Reads the groups for a crawler; those for `*` if there are none.
    pub fn parse(text: &str, agent: &str) -> Self {
        let (mut own, mut any) = (None, Vec::new());
        // Not the names of a group: a site could send thousands of them, to be compared for each of thousands of rules.
        let (mut is_own, mut is_any, mut in_rules) = (false, false, false);
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if in_rules {
                    (is_own, is_any, in_rules) = (false, false, false);
                }
                is_any |= value == "*";
                if value.eq_ignore_ascii_case(agent) {
                    is_own = true;
                    own.get_or_insert_with(Vec::new);
                }
            } else if key == "allow" || key == "disallow" {
                in_rules = true;
                if value.is_empty() {
                    continue;
                }
                let rule = (key == "allow", value.to_owned());
                if is_own {
                    own.get_or_insert_with(Vec::new).push(rule.clone());
                }
                if is_any {
                    any.push(rule);
                }
            }
        }
        Self(own.unwrap_or(any))
    }

    /// Whether a path may be requested: the longest rule wins, and an equal one that allows.
    pub fn allow(&self, path: &str) -> bool {
        let rules = self.0.iter().filter(|(_, pattern)| fits(pattern, path));
        rules
            .max_by_key(|(allow, pattern)| (pattern.len(), *allow))
            .is_none_or(|(allow, _)| *allow)
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, ends) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts: Vec<_> = pattern.split('*').collect();
    let last = (ends && parts.len() > 1).then(|| parts.pop()).flatten();
    let Some(mut rest) = path.strip_prefix(parts[0]) else {
        return false;
    };
    for part in &parts[1..] {
        let Some(place) = rest.find(part) else {
            return false;
        };
        rest = &rest[place + part.len()..];
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => !ends || rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_wins() {
        let text =
            "User-agent: *\nDisallow: /a\nAllow: /a/b # a comment\nDisallow: /*.pdf$\nDisallow:\n";
        let rules = Rules::parse(text, "crawler");
        for (path, allowed) in [
            ("/", true),
            ("/a", false),
            ("/a/c", false),
            ("/a/b/c", true),
            ("/x.pdf", false),
            ("/x.pdf?page=1", true),
        ] {
            assert_eq!(rules.allow(path), allowed, "{path}");
        }
    }

    #[test]
    fn a_crawlers_own_group_replaces_the_one_for_all() {
        let text =
            "user-agent: other\nUser-Agent: Crawler\ndisallow: /b\n\nuser-agent: *\ndisallow: /\n";
        let rules = Rules::parse(text, "crawler");
        assert!(rules.allow("/a") && !rules.allow("/b"));
        assert!(!Rules::parse(text, "unknown").allow("/a"));
        assert!(Rules::parse("", "crawler").allow("/a"));
        assert!(
            Rules::parse("no rule\nuser-agent: crawler\nuser-agent: *\n", "crawler").allow("/")
        );
    }

    #[test]
    fn thousands_of_agents_and_rules_are_read_in_no_time() {
        let text = "user-agent: a\n".repeat(40_000) + &"disallow: /\n".repeat(40_000);
        let start = std::time::Instant::now();
        assert!(!Rules::parse(&text, "a").allow("/"));
        assert!(start.elapsed().as_secs() < 5);
    }

    #[test]
    fn stars_and_ends_are_patterns() {
        for (pattern, path, fit) in [
            ("/a*c", "/abc/d", true),
            ("/a*c$", "/abc/d", false),
            ("/a*c$", "/ac", true),
            ("/a$", "/a", true),
            ("/a$", "/ab", false),
            ("*", "/", true),
            ("/ab*b$", "/ab", false),
        ] {
            assert_eq!(fits(pattern, path), fit, "{pattern} {path}");
        }
    }
}
