//! A crawl: one future, which holds all others. Nothing is spawned, so that to drop it is to stop it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use pyo3::prelude::*;
use tokio::sync::{OnceCell, Semaphore};
use url::{Position, Url};

use crate::errors::Failure;
use crate::fetch::{Answer, Client, Read};
use crate::links::{LONGEST_URL, links};
use crate::robots::Rules;
use crate::steps::{Step, Steps};

/// Redirects that a link may lead through.
const LONGEST_WAY: u8 = 5;

/// A link, and what is behind it.
#[pyclass(frozen, get_all, module = "link_crawler")]
#[derive(Debug)]
pub struct Page {
    /// Where it leads.
    pub url: String,
    /// The page that has it first; None for the start.
    pub parent: Option<String>,
    /// The status of the last answer, if there was one.
    pub status: Option<u16>,
    /// Where the answer sends the reader.
    pub redirect: Option<String>,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// Whether robots.txt forbids to look.
    pub forbidden: bool,
    /// How often it was tried.
    pub tries: u32,
}

/// What a crawl may do.
#[derive(Debug)]
pub struct Crawl {
    /// How it asks.
    pub client: Client,
    /// Connections at a time to one host.
    pub per_host: usize,
    /// How often to try again.
    pub retries: u32,
    /// The time before the second try; it doubles with each.
    pub backoff: Duration,
    /// The longest time before another try, whatever a server asks for.
    pub longest_wait: Duration,
    /// Links to check.
    pub max_pages: usize,
    /// Connections at a time.
    pub turns: Semaphore,
    /// Where it waits.
    pub steps: Arc<Steps>,
}

struct Link {
    url: Url,
    parent: Option<String>,
    way: u8,
}

struct Host {
    turns: Semaphore,
    rules: OnceCell<Result<Rules, Failure>>,
}

impl Crawl {
    // region: run
    /// Follows the links from a page: those of its host are read, others are only checked.
    pub async fn run(self, start: Url) -> (Vec<Page>, bool) {
        let home = place(&start).to_owned();
        let mut hosts: HashMap<String, Arc<Host>> = HashMap::new();
        let mut seen = HashSet::from([start.clone()]);
        let mut links = vec![Link {
            url: start,
            parent: None,
            way: 0,
        }];
        let (mut pages, mut visits, mut complete) = (Vec::new(), FuturesUnordered::new(), true);
        loop {
            for link in links.drain(..) {
                let host = hosts.entry(place(&link.url).to_owned());
                let host = host.or_insert_with(|| Arc::new(Host::new(self.per_host)));
                let inside = place(&link.url) == home;
                let read = if inside { Read::Page } else { Read::Head };
                visits.push(self.visit(link, read, Arc::clone(host)));
            }
            let Some((page, further)) = self.steps.at(Step::Visits, visits.next()).await else {
                break;
            };
            pages.push(page);
            for link in further {
                let room = seen.len() < self.max_pages;
                complete &= room || seen.contains(&link.url);
                if room && seen.insert(link.url.clone()) {
                    links.push(link);
                }
            }
        }
        drop(visits);
        pages.sort_by(|one: &Page, two| one.url.cmp(&two.url));
        find_circles(&mut pages);
        (pages, complete)
    }
    // endregion: run

    async fn visit(&self, link: Link, read: Read, host: Arc<Host>) -> (Page, Vec<Link>) {
        let mut page = Page {
            url: link.url.to_string(),
            parent: link.parent.clone(),
            status: None,
            redirect: None,
            problem: None,
            forbidden: false,
            tries: 0,
        };
        let rules = host.rules.get_or_init(|| self.rules(&link.url, &host));
        match self.steps.at(Step::Rules, rules).await {
            Ok(rules) if rules.allow(&link.url[Position::BeforePath..Position::AfterQuery]) => {}
            Ok(_) => {
                page.forbidden = true;
                return (page, Vec::new());
            }
            Err(failure) => {
                page.problem = Some(format!("robots.txt: {failure}"));
                return (page, Vec::new());
            }
        }
        let (tries, answer) = self.try_often(&link.url, read, &host).await;
        page.tries = tries;
        let further = match answer {
            // One more than there can be room for, so that it is seen that there is none.
            Ok(answer) => page.take(answer, &link, self.max_pages.saturating_add(1)),
            Err(failure) => {
                page.problem = Some(failure.to_string());
                Vec::new()
            }
        };
        (page, further)
    }

    async fn rules(&self, url: &Url, host: &Host) -> Result<Rules, Failure> {
        let mut robots = url.clone();
        robots.set_path("/robots.txt");
        robots.set_query(None);
        let answer = self.try_often(&robots, Read::All, host).await.1?;
        // The RFC: a site that can't answer forbids all, and one without the file nothing.
        if answer.status >= 500 {
            return Ok(Rules::parse("user-agent: *\ndisallow: /", "*"));
        }
        let text = String::from_utf8_lossy(answer.body.as_deref().unwrap_or_default()).into_owned();
        let agent = self.client.user_agent.split('/').next();
        Ok(Rules::parse(&text, agent.unwrap_or_default()))
    }

    /// Asks until the answer is one to keep. Who waits for another try takes nobody's turn.
    async fn try_often(
        &self,
        url: &Url,
        read: Read,
        host: &Host,
    ) -> (u32, Result<Answer, Failure>) {
        let mut pause = self.backoff;
        for tries in 1.. {
            let result = self.try_once(url, read, host).await;
            let asked = match &result {
                Ok(answer) if matches!(answer.status, 429 | 502..=504) => answer.retry_after,
                Err(failure) if failure.may_pass() => None,
                _ => return (tries, result),
            };
            if tries > self.retries {
                return (tries, result);
            }
            let wait = asked.unwrap_or(pause).min(self.longest_wait);
            self.steps.at(Step::Backoff, tokio::time::sleep(wait)).await;
            pause = pause.saturating_mul(2);
        }
        unreachable!("the loop has no end")
    }

    async fn try_once(&self, url: &Url, read: Read, host: &Host) -> Result<Answer, Failure> {
        // First the host's: who waits for a busy host must not hold what others could use.
        let _host = self.steps.at(Step::HostTurn, host.turns.acquire()).await;
        let _turn = self.steps.at(Step::Turn, self.turns.acquire()).await;
        self.client.fetch(url, read, &self.steps).await
    }
}

impl Host {
    fn new(turns: usize) -> Self {
        Self {
            turns: Semaphore::new(turns),
            rules: OnceCell::new(),
        }
    }
}

impl Page {
    /// Takes what an answer says, and returns the links in it.
    fn take(&mut self, answer: Answer, link: &Link, most: usize) -> Vec<Link> {
        self.status = Some(answer.status);
        let target = answer
            .location
            .filter(|_| matches!(answer.status, 301..=303 | 307 | 308));
        if let Some(target) = target {
            return self.take_redirect(&target, link);
        }
        if answer.status >= 300 {
            self.problem = Some(format!("status {}", answer.status));
        }
        let body = answer.body.unwrap_or_default();
        let (urls, all_fit) = links(&body, &link.url, most);
        if !all_fit {
            self.problem = Some(format!("a link of more than {LONGEST_URL} bytes"));
        }
        let link = |url| Link {
            url,
            parent: Some(self.url.clone()),
            way: 0,
        };
        urls.into_iter().map(link).collect()
    }

    fn take_redirect(&mut self, target: &str, link: &Link) -> Vec<Link> {
        let target = link.url.join(target).ok();
        let Some(mut url) = target.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            self.problem = Some("a redirect to nowhere".to_owned());
            return Vec::new();
        };
        url.set_fragment(None);
        self.redirect = Some(url.to_string());
        if link.way == LONGEST_WAY {
            self.problem = Some(format!("more than {LONGEST_WAY} redirects"));
            return Vec::new();
        }
        vec![Link {
            url,
            parent: Some(self.url.clone()),
            way: link.way + 1,
        }]
    }
}

/// Scheme, host and port.
fn place(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

fn find_circles(pages: &mut [Page]) {
    let redirect = |page: &Page| Some((page.url.clone(), page.redirect.clone()?));
    let redirects: HashMap<_, _> = pages.iter().filter_map(redirect).collect();
    for page in pages {
        let mut seen = HashSet::new();
        let mut url = &page.url;
        while let Some(next) = redirects.get(url) {
            if !seen.insert(url) {
                page.problem = Some("redirects in a circle".to_owned());
                break;
            }
            url = next;
        }
    }
}
