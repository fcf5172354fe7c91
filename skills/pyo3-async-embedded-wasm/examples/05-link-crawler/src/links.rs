//! The links of a page.

use html5gum::{DefaultEmitter, Token, Tokenizer};
use url::Url;

/// Yields what an HTML page refers to by http or https, without fragments, in order. It need not be good HTML.
pub fn links(html: &[u8], page: &Url) -> Vec<Url> {
    let mut base = page.clone();
    let mut links = Vec::new();
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
        if &tag.name[..] == b"base" {
            base = url;
        } else if matches!(url.scheme(), "http" | "https") {
            url.set_fragment(None);
            links.push(url);
        }
    }
    links
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
        let links: Vec<_> = links(&html, &page).into_iter().map(String::from).collect();
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
}
