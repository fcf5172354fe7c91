//! HTML as CommonMark has it; nothing here knows of Python.

use std::sync::atomic::{AtomicBool, Ordering};

use pulldown_cmark_escape::{escape_href, escape_html, escape_html_body_text};

use crate::element::{Element, Format};

/// Writes HTML.
#[derive(Debug)]
pub struct Html {
    safe: AtomicBool,
}

impl Default for Html {
    fn default() -> Self {
        Self {
            safe: AtomicBool::new(true),
        }
    }
}

impl Html {
    /// Whether HTML in the text is shown instead of passed on, and links that run programs are emptied.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.safe.load(Ordering::Relaxed)
    }

    pub fn set_safe(&self, safe: bool) {
        self.safe.store(safe, Ordering::Relaxed);
    }

    fn attribute(&self, out: &mut String, name: &str, url: &str) {
        let url = if self.is_safe() && is_dangerous(url) {
            ""
        } else {
            url
        };
        out.push_str(name);
        out.push_str("=\"");
        // Writing to a String never fails.
        let _ = escape_href(&mut *out, url);
        out.push('"');
    }
}

/// Browsers run what follows these schemes, and ignore case, control characters and spaces while they look for them.
fn is_dangerous(url: &str) -> bool {
    let scheme: String = url
        .chars()
        .filter(|letter| !letter.is_control() && !letter.is_whitespace())
        .take_while(|letter| *letter != ':')
        .collect();
    let dangerous = ["javascript", "vbscript", "data", "file"];
    url.contains(':') && dangerous.contains(&scheme.to_ascii_lowercase().as_str())
}

fn title(out: &mut String, title: &str) {
    if !title.is_empty() {
        out.push_str(" title=\"");
        let _ = escape_html(&mut *out, title);
        out.push('"');
    }
}

impl Format for Html {
    fn open(&self, out: &mut String, element: &Element<'_>) {
        match element {
            Element::Text | Element::Html => {}
            Element::Code => out.push_str("<code>"),
            Element::LineBreak { hard: true } => out.push_str("<br />\n"),
            Element::LineBreak { hard: false } => out.push('\n'),
            Element::Rule => out.push_str("<hr />\n"),
            Element::Paragraph => out.push_str("<p>"),
            Element::Heading { level } => out.push_str(&format!("<h{level}>")),
            Element::Quote => out.push_str("<blockquote>\n"),
            Element::CodeBlock { language } if language.is_empty() => out.push_str("<pre><code>"),
            Element::CodeBlock { language } => {
                out.push_str("<pre><code class=\"language-");
                let _ = escape_html(&mut *out, language);
                out.push_str("\">");
            }
            Element::ListItems { start: None } => out.push_str("<ul>\n"),
            Element::ListItems { start: Some(1) } => out.push_str("<ol>\n"),
            Element::ListItems { start: Some(start) } => {
                out.push_str(&format!("<ol start=\"{start}\">\n"));
            }
            Element::ListItem => out.push_str("<li>"),
            Element::Emphasis => out.push_str("<em>"),
            Element::Strong => out.push_str("<strong>"),
            Element::Link { url, title: text } => {
                out.push_str("<a ");
                self.attribute(out, "href", url);
                title(out, text);
                out.push('>');
            }
            Element::Image { url, .. } => {
                out.push_str("<img ");
                self.attribute(out, "src", url);
                out.push_str(" alt=\"");
            }
        }
    }

    fn verbatim(&self, out: &mut String, element: &Element<'_>, content: &str) {
        match element {
            Element::Html if !self.is_safe() => out.push_str(content),
            Element::Image { .. } => {
                let _ = escape_html(&mut *out, content);
            }
            _ => {
                let _ = escape_html_body_text(&mut *out, content);
            }
        }
    }

    fn close(&self, out: &mut String, element: &Element<'_>) {
        match element {
            Element::Text | Element::Html | Element::LineBreak { .. } | Element::Rule => {}
            Element::Code => out.push_str("</code>"),
            Element::Paragraph => out.push_str("</p>\n"),
            Element::Heading { level } => out.push_str(&format!("</h{level}>\n")),
            Element::Quote => out.push_str("</blockquote>\n"),
            Element::CodeBlock { .. } => out.push_str("</code></pre>\n"),
            Element::ListItems { start: None } => out.push_str("</ul>\n"),
            Element::ListItems { .. } => out.push_str("</ol>\n"),
            Element::ListItem => out.push_str("</li>\n"),
            Element::Emphasis => out.push_str("</em>"),
            Element::Strong => out.push_str("</strong>"),
            Element::Link { .. } => out.push_str("</a>"),
            Element::Image { title: text, .. } => {
                out.push('"');
                title(out, text);
                out.push_str(" />");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_run_programs_are_dangerous() {
        for url in [
            "javascript:alert(1)",
            "JaVaScript:alert(1)",
            " java\nscript\t:alert(1)",
            "data:text/html,x",
        ] {
            assert!(is_dangerous(url), "{url}");
        }
        for url in [
            "https://example.org/javascript:",
            "javascript.html",
            "#data",
            "mailto:ada@example.org",
        ] {
            assert!(!is_dangerous(url), "{url}");
        }
    }
}
