//! The links of a page.

use std::collections::HashSet;

use html5gum::{DefaultEmitter, Token, Tokenizer};
use url::Url;

/// The longest URL that is followed, in bytes: a long `<base>` makes gigabytes of links from a megabyte of page.
pub const LONGEST_URL: usize = 8_192;

/// Yields what an HTML page refers to by http or https, without fragments, in order, each once and at most so many; and
/// whether none was too long. It need not be good HTML.
pub fn links(html: &[u8], page: &Url, most: usize) -> (Vec<Url>, bool) {
    let mut base = page.clone();
    let (mut links, mut seen, mut all_fit) = (Vec::new(), HashSet::new(), true);
    let mut emitter = DefaultEmitter::default();
    // What a script writes is no link.
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        let key: &[u8] = match &tag.name[..] {
            b"a" | b"area" | b"link" | b"base" => b"href",
            b"img" | b"script" | b"iframe" | b"source" | b"video" | b"audio" => b"src",
            _ => continue,
        };
        let value = tag.attributes.get(key);
        let value = value.and_then(|value| std::str::from_utf8(value).ok());
        let Some(mut url) = value.and_then(|value| base.join(value).ok()) else {
            continue;
        };
        url.set_fragment(None);
        let fits = url.as_str().len() <= LONGEST_URL;
        if &tag.name[..] == b"base" {
            if !fits {
                return (links, false);
            }
            base = url;
        } else if matches!(url.scheme(), "http" | "https") {
            all_fit &= fits;
            if fits && seen.insert(url.clone()) {
                links.push(url);
            }
            if links.len() == most {
                break;
            }
        }
    }
    (links, all_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved_and_have_no_fragment() {
        let html = b"<A HREF='b?x=1&amp;y=2#top'>b</a><img src=//other.example/i.png><a href=mailto:a@b>\
            <a name=x><!-- <a href=no> --><script>'<a href=no>'</script><a href='/\xff'><a href=http://>\
            <base href='/deep/'><a href=c";
        let html = [&html[..], b"><a href=d>"].concat();
        let page = Url::parse("http://a.example/x/").unwrap();
        let (links, all_fit) = links(&html, &page, 9);
        assert!(all_fit);
        let links: Vec<_> = links.into_iter().map(String::from).collect();
        assert_eq!(
            links,
            [
                "http://a.example/x/b?x=1&y=2",
                "http://other.example/i.png",
                "http://a.example/deep/c",
                "http://a.example/deep/d"
            ]
        );
    }

    #[test]
    fn a_page_can_not_multiply_its_size() {
        let page = Url::parse("http://a.example/x").unwrap();
        let long = "x".repeat(LONGEST_URL);
        for (html, count, fit) in [
            (format!("<a href=a><a href={long}><a href=b>"), 2, false),
            (format!("<a href=a><base href={long}/><a href=b>"), 1, false),
            ("<a href=a><a href=a><a href=b><a href=c>".into(), 2, true),
        ] {
            let (links, all_fit) = links(html.as_bytes(), &page, 2);
            assert_eq!((links.len(), all_fit), (count, fit));
        }
    }
}
