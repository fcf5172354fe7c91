//! The parts of a document, and the trait of what writes them; nothing here knows of Python.

use pulldown_cmark::{CodeBlockKind, CowStr, Tag};

/// A method that renders one kind of element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    Text,
    Code,
    Html,
    LineBreak,
    Rule,
    Paragraph,
    Heading,
    Quote,
    CodeBlock,
    ListItems,
    ListItem,
    Emphasis,
    Strong,
    Link,
    Image,
}

impl Hook {
    pub const ALL: [Self; 15] = [
        Self::Text,
        Self::Code,
        Self::Html,
        Self::LineBreak,
        Self::Rule,
        Self::Paragraph,
        Self::Heading,
        Self::Quote,
        Self::CodeBlock,
        Self::ListItems,
        Self::ListItem,
        Self::Emphasis,
        Self::Strong,
        Self::Link,
        Self::Image,
    ];

    /// The name of the method.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code => "code",
            Self::Html => "html",
            Self::LineBreak => "line_break",
            Self::Rule => "rule",
            Self::Paragraph => "paragraph",
            Self::Heading => "heading",
            Self::Quote => "quote",
            Self::CodeBlock => "code_block",
            Self::ListItems => "list_items",
            Self::ListItem => "list_item",
            Self::Emphasis => "emphasis",
            Self::Strong => "strong",
            Self::Link => "link",
            Self::Image => "image",
        }
    }
}

/// An element without its content.
#[derive(Clone, Debug)]
pub enum Element<'a> {
    Text,
    Code,
    Html,
    LineBreak { hard: bool },
    Rule,
    Paragraph,
    Heading { level: u8 },
    Quote,
    CodeBlock { language: CowStr<'a> },
    ListItems { start: Option<u64> },
    ListItem,
    Emphasis,
    Strong,
    Link { url: CowStr<'a>, title: CowStr<'a> },
    Image { url: CowStr<'a>, title: CowStr<'a> },
}

impl<'a> Element<'a> {
    /// Returns what a tag of the parser begins; None for extensions, which are off.
    #[must_use]
    pub fn new(tag: Tag<'a>) -> Option<Self> {
        Some(match tag {
            Tag::Paragraph => Self::Paragraph,
            Tag::Heading { level, .. } => Self::Heading { level: level as u8 },
            Tag::BlockQuote(_) => Self::Quote,
            Tag::CodeBlock(kind) => Self::CodeBlock {
                language: language(kind),
            },
            Tag::HtmlBlock => Self::Html,
            Tag::List(start) => Self::ListItems { start },
            Tag::Item => Self::ListItem,
            Tag::Emphasis => Self::Emphasis,
            Tag::Strong => Self::Strong,
            Tag::Link {
                dest_url, title, ..
            } => Self::Link {
                url: dest_url,
                title,
            },
            Tag::Image {
                dest_url, title, ..
            } => Self::Image {
                url: dest_url,
                title,
            },
            _ => return None,
        })
    }

    /// The method that renders it.
    #[must_use]
    pub fn hook(&self) -> Hook {
        match self {
            Self::Text => Hook::Text,
            Self::Code => Hook::Code,
            Self::Html => Hook::Html,
            Self::LineBreak { .. } => Hook::LineBreak,
            Self::Rule => Hook::Rule,
            Self::Paragraph => Hook::Paragraph,
            Self::Heading { .. } => Hook::Heading,
            Self::Quote => Hook::Quote,
            Self::CodeBlock { .. } => Hook::CodeBlock,
            Self::ListItems { .. } => Hook::ListItems,
            Self::ListItem => Hook::ListItem,
            Self::Emphasis => Hook::Emphasis,
            Self::Strong => Hook::Strong,
            Self::Link { .. } => Hook::Link,
            Self::Image { .. } => Hook::Image,
        }
    }

    /// Whether its content is text as it was written, not elements that were rendered.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        matches!(
            self.hook(),
            Hook::Text | Hook::Code | Hook::Html | Hook::CodeBlock | Hook::Image
        )
    }
}

/// The first word behind the fence, as in ```` ```rust ````.
fn language(kind: CodeBlockKind<'_>) -> CowStr<'_> {
    match kind {
        CodeBlockKind::Indented => CowStr::Borrowed(""),
        CodeBlockKind::Fenced(info) => match info.split_whitespace().next() {
            Some(word) if word.len() == info.len() => info,
            Some(word) => word.to_owned().into(),
            None => CowStr::Borrowed(""),
        },
    }
}

// region: format
/// What writes elements: the part of a renderer that Rust has of its own.
///
/// It writes what is before and behind the content, so that no content is ever copied into its element.
pub trait Format: Send + Sync {
    fn open(&self, out: &mut String, element: &Element<'_>);
    fn verbatim(&self, out: &mut String, element: &Element<'_>, content: &str);
    fn close(&self, out: &mut String, element: &Element<'_>);

    /// Renders one element, as its method does.
    fn whole(&self, element: &Element<'_>, content: &str) -> String {
        let mut out = String::with_capacity(content.len() + 16);
        self.open(&mut out, element);
        if element.is_verbatim() {
            self.verbatim(&mut out, element, content);
        } else {
            out.push_str(content);
        }
        self.close(&mut out, element);
        out
    }
}
// endregion: format
