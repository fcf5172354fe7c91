//! From Markdown to text, element by element; nothing here knows of Python.

use std::convert::Infallible;

use pulldown_cmark::{Event, Parser, TextMergeStream};

use crate::element::{Element, Format, Hook};

/// The elements that somebody else renders.
pub trait Overrides {
    type Error;

    fn contains(&self, hook: Hook) -> bool;
    fn call(&self, element: &Element<'_>, content: &str) -> Result<String, Self::Error>;
}

/// No overrides: all elements are left to the format.
pub struct NoOverrides;

impl Overrides for NoOverrides {
    type Error = Infallible;

    fn contains(&self, _hook: Hook) -> bool {
        false
    }

    fn call(&self, _element: &Element<'_>, content: &str) -> Result<String, Infallible> {
        Ok(content.to_owned())
    }
}

/// An element whose end is still to come.
struct Frame<'a> {
    element: Element<'a>,
    /// Where its content begins in the output.
    start: usize,
}

struct Walk<'a, O> {
    format: &'a dyn Format,
    overrides: &'a O,
    out: String,
    // No recursion: a document may be nested as deeply as it is long.
    frames: Vec<Frame<'a>>,
    /// Code, HTML or the description of an image, and how many elements are open within it.
    verbatim: Option<(String, usize)>,
}

/// Renders a document: what is overridden by its override, all else by the format.
pub fn render<O: Overrides>(
    markdown: &str,
    format: &dyn Format,
    overrides: &O,
) -> Result<String, O::Error> {
    let mut walk = Walk {
        format,
        overrides,
        out: String::with_capacity(markdown.len() + markdown.len() / 2),
        frames: Vec::new(),
        verbatim: None,
    };
    for event in TextMergeStream::new(Parser::new(markdown)) {
        walk.event(event)?;
    }
    Ok(walk.out)
}

impl<'a, O: Overrides> Walk<'a, O> {
    fn event(&mut self, event: Event<'a>) -> Result<(), O::Error> {
        if self.verbatim.is_some() {
            return self.collect(event);
        }
        match event {
            Event::Start(tag) => {
                if let Some(element) = Element::new(tag) {
                    self.start(element);
                }
                Ok(())
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.leaf(&Element::Text, &text),
            Event::Code(code) => self.leaf(&Element::Code, &code),
            Event::Html(html) | Event::InlineHtml(html) => self.leaf(&Element::Html, &html),
            Event::SoftBreak => self.leaf(&Element::LineBreak { hard: false }, ""),
            Event::HardBreak => self.leaf(&Element::LineBreak { hard: true }, ""),
            Event::Rule => self.leaf(&Element::Rule, ""),
            // Of extensions, which are off.
            _ => Ok(()),
        }
    }

    // region: frames
    fn start(&mut self, element: Element<'a>) {
        if element.is_verbatim() {
            self.verbatim = Some((String::new(), 0));
        } else if !self.overrides.contains(element.hook()) {
            self.format.open(&mut self.out, &element);
        }
        let start = self.out.len();
        self.frames.push(Frame { element, start });
    }

    fn end(&mut self) -> Result<(), O::Error> {
        let Some(Frame { element, start }) = self.frames.pop() else {
            return Ok(());
        };
        if let Some((content, _)) = self.verbatim.take() {
            return self.leaf(&element, &content);
        }
        if self.overrides.contains(element.hook()) {
            let content = self.out.split_off(start);
            self.out.push_str(&self.overrides.call(&element, &content)?);
        } else {
            self.format.close(&mut self.out, &element);
        }
        Ok(())
    }
    // endregion: frames

    fn leaf(&mut self, element: &Element<'_>, content: &str) -> Result<(), O::Error> {
        if self.overrides.contains(element.hook()) {
            self.out.push_str(&self.overrides.call(element, content)?);
        } else {
            self.format.open(&mut self.out, element);
            self.format.verbatim(&mut self.out, element, content);
            self.format.close(&mut self.out, element);
        }
        Ok(())
    }

    fn collect(&mut self, event: Event<'a>) -> Result<(), O::Error> {
        let Some((content, open)) = &mut self.verbatim else {
            return Ok(());
        };
        match event {
            Event::Start(_) => *open += 1,
            Event::End(_) if *open == 0 => return self.end(),
            Event::End(_) => *open -= 1,
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                content.push_str(&text)
            }
            Event::SoftBreak | Event::HardBreak => content.push(' '),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::Html;

    const DOCUMENT: &str = r#"
# A *heading* & `code`

Setext
------

A paragraph with [a link](https://example.org/a b "T<i>tle"), [another](</a b>), <https://example.org?a=1&b=2>,
a hard break\
and ![an *image* of `code`
and [a link](x)](/i.png "title"), **strong *and em***, &copy; and <b>inline</b> HTML.

> quote
>
> > nested

1. one
2. two

   with two paragraphs
   - tight
   - list

7. seven

***

```rust linenos
fn main() { println!("<&>"); }
```

    indented <code>

<div class="x">
*html*
</div>

[ref]: /url 'title'
See [ref].
"#;

    /// The crate writes line ends between tags in other places, and they mean nothing there.
    fn joined(html: &str) -> String {
        html.replace(">\n", ">").replace("\n<", "<")
    }

    fn reference(markdown: &str) -> String {
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, Parser::new(markdown));
        html
    }

    fn ours(markdown: &str) -> String {
        let format = Html::default();
        format.set_safe(false);
        render(markdown, &format, &NoOverrides).unwrap()
    }

    #[test]
    fn the_html_is_that_of_the_crate() {
        assert_eq!(joined(&ours(DOCUMENT)), joined(&reference(DOCUMENT)));
    }

    #[test]
    fn any_part_of_a_document_gives_the_html_of_the_crate() {
        for (end, _) in DOCUMENT.char_indices() {
            let part = &DOCUMENT[..end];
            assert_eq!(joined(&ours(part)), joined(&reference(part)), "{part}");
        }
    }

    #[test]
    fn a_document_may_be_nested_deeply() {
        let html = ours(&"> ".repeat(20_000));
        assert_eq!(html.matches("<blockquote>").count(), 20_000);
    }

    struct Shout;

    impl Overrides for Shout {
        type Error = Infallible;

        fn contains(&self, hook: Hook) -> bool {
            matches!(hook, Hook::Strong | Hook::Image)
        }

        fn call(&self, element: &Element<'_>, content: &str) -> Result<String, Infallible> {
            Ok(format!("[{} {content}]", element.hook().name()))
        }
    }

    #[test]
    fn an_override_gets_content_that_is_rendered() {
        let html = render("**a *b* & ![*c*](d)**", &Html::default(), &Shout).unwrap();
        assert_eq!(html, "<p>[strong a <em>b</em> &amp; [image c]]</p>\n");
    }
}
