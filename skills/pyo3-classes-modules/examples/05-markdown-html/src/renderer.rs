//! The classes: an abstract base, and a subclass of it in Rust.

use std::sync::Arc;

use pulldown_cmark::CowStr;
use pyo3::exceptions::{PyNotImplementedError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::element::{Element, Format, Hook};
use crate::html::Html;
use crate::walk::{NoOverrides, Overrides, render};

// region: base
/// Renders Markdown; subclasses say what each element becomes.
///
/// A subclass in Python implements all methods but `render`, each of which gets the content of one element and
/// returns what it becomes. Methods are looked up on the class.
///
/// Raises:
///     TypeError: If the class lacks one of the methods.
#[pyclass(frozen, subclass)]
#[pyo3(module = "markdown_html")]
pub struct Renderer {
    /// What a subclass in Rust writes where Python overrides nothing. Rust has no virtual methods of a base class:
    /// a subclass hands its own to the base.
    format: Option<Arc<dyn Format>>,
}
// endregion: base

impl Renderer {
    /// Renders one element, as the method of the base class does that `super()` finds.
    fn whole(&self, element: &Element<'_>, content: &str) -> PyResult<String> {
        match &self.format {
            Some(format) => Ok(format.whole(element, content)),
            None => Err(PyNotImplementedError::new_err(format!(
                "`Renderer.{}` is abstract",
                element.hook().name()
            ))),
        }
    }
}

// region: abstract
/// Returns the methods that a class inherits from `Renderer` and doesn't override.
fn inherited(class: &Bound<'_, PyType>) -> PyResult<Vec<Hook>> {
    let base = class.py().get_type::<Renderer>();
    let mut hooks = Vec::new();
    for hook in Hook::ALL {
        if class.getattr(hook.name())?.is(&base.getattr(hook.name())?) {
            hooks.push(hook);
        }
    }
    Ok(hooks)
}

fn refuse_abstract(class: &Bound<'_, PyType>) -> PyResult<()> {
    let lacks: Vec<_> = inherited(class)?
        .into_iter()
        .map(|hook| format!("`{}`", hook.name()))
        .collect();
    if lacks.is_empty() {
        return Ok(());
    }
    let class = class.name()?;
    let lacks = lacks.join(", ");
    Err(PyTypeError::new_err(format!("`{class}` lacks {lacks}")))
}
// endregion: abstract

// region: overrides
/// The methods that the class of a renderer overrides, looked up once a document.
struct PythonOverrides<'py> {
    methods: [Option<Bound<'py, PyAny>>; Hook::ALL.len()],
    renderer: Bound<'py, Renderer>,
}

impl<'py> PythonOverrides<'py> {
    fn new(renderer: &Bound<'py, Renderer>) -> PyResult<Self> {
        let inherited = inherited(&renderer.get_type())?;
        let mut methods = [const { None }; Hook::ALL.len()];
        for hook in Hook::ALL
            .into_iter()
            .filter(|hook| !inherited.contains(hook))
        {
            methods[hook as usize] = Some(renderer.getattr(hook.name())?);
        }
        let renderer = renderer.clone();
        Ok(Self { methods, renderer })
    }

    fn is_empty(&self) -> bool {
        self.methods.iter().all(Option::is_none)
    }
}

impl Overrides for PythonOverrides<'_> {
    type Error = PyErr;

    fn contains(&self, hook: Hook) -> bool {
        self.methods[hook as usize].is_some()
    }

    fn call(&self, element: &Element<'_>, content: &str) -> PyResult<String> {
        let hook = element.hook();
        let Some(method) = &self.methods[hook as usize] else {
            return self.renderer.get().whole(element, content);
        };
        // `?` passes on what the override raises: the same object, whatever it is.
        let text = match element {
            Element::Rule => method.call0(),
            Element::LineBreak { hard } => method.call1((hard,)),
            Element::Heading { level } => method.call1((content, level)),
            Element::CodeBlock { language } => method.call1((content, &**language)),
            Element::ListItems { start } => method.call1((content, start)),
            Element::Link { url, title } | Element::Image { url, title } => {
                method.call1((content, &**url, &**title))
            }
            _ => method.call1((content,)),
        }?;
        match text.cast::<PyString>() {
            Ok(text) => Ok(text.to_str()?.to_owned()),
            Err(_) => Err(PyTypeError::new_err(format!(
                "`{}.{}` must return a str, not `{}`",
                self.renderer.get_type().name()?,
                hook.name(),
                text.get_type().name()?
            ))),
        }
    }
}
// endregion: overrides

/// Content stays as it is. It is never asked for: who has no format overrides all methods.
struct Plain;

impl Format for Plain {
    fn open(&self, _out: &mut String, _element: &Element<'_>) {}

    fn verbatim(&self, out: &mut String, _element: &Element<'_>, content: &str) {
        out.push_str(content);
    }

    fn close(&self, _out: &mut String, _element: &Element<'_>) {}
}

#[pymethods]
impl Renderer {
    // Takes and ignores all arguments: they are for `__init__`, which a subclass overrides as in any Python class.
    // `help` and `inspect.signature` show the arguments of `__init__`, which the text signature repeats.
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs), text_signature = "()")]
    #[expect(unused_variables, reason = "they are for `__init__`")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        refuse_abstract(cls)?;
        Ok(Self { format: None })
    }

    // Without it nobody would refuse arguments of a subclass that has no `__init__`.
    fn __init__(&self) {}

    // region: render
    /// Render a document.
    ///
    /// Other threads run meanwhile, unless the class overrides a method in Python.
    ///
    /// Args:
    ///     markdown: A text in CommonMark.
    ///
    /// Returns:
    ///     What the methods made of it.
    ///
    /// Raises:
    ///     TypeError: If a method returns what is not a `str`.
    ///     Exception: Whatever a method raises, unchanged.
    #[pyo3(signature = (markdown, /))]
    fn render(slf: &Bound<'_, Self>, markdown: &str) -> PyResult<String> {
        let overrides = PythonOverrides::new(slf)?;
        match &slf.get().format {
            Some(format) if overrides.is_empty() => {
                let text = slf
                    .py()
                    .detach(|| render(markdown, &**format, &NoOverrides));
                Ok(text.unwrap_or_else(|never| match never {}))
            }
            Some(format) => render(markdown, &**format, &overrides),
            None => {
                // Again, because a method may have been deleted since.
                refuse_abstract(&slf.get_type())?;
                render(markdown, &Plain, &overrides)
            }
        }
    }
    // endregion: render

    /// Render a text between other elements.
    #[pyo3(signature = (text, /))]
    fn text(&self, text: &str) -> PyResult<String> {
        self.whole(&Element::Text, text)
    }

    /// Render code within a line.
    #[pyo3(signature = (code, /))]
    fn code(&self, code: &str) -> PyResult<String> {
        self.whole(&Element::Code, code)
    }

    /// Render HTML that was found in the document.
    #[pyo3(signature = (html, /))]
    fn html(&self, html: &str) -> PyResult<String> {
        self.whole(&Element::Html, html)
    }

    /// Render the end of a line within a paragraph, which is `hard` if the reader is to see it.
    #[pyo3(signature = (hard, /))]
    fn line_break(&self, hard: bool) -> PyResult<String> {
        self.whole(&Element::LineBreak { hard }, "")
    }

    /// Render a horizontal rule.
    fn rule(&self) -> PyResult<String> {
        self.whole(&Element::Rule, "")
    }

    /// Render a paragraph of rendered content.
    #[pyo3(signature = (content, /))]
    fn paragraph(&self, content: &str) -> PyResult<String> {
        self.whole(&Element::Paragraph, content)
    }

    /// Render a heading.
    ///
    /// Raises:
    ///     ValueError: If its level is not from 1 to 6.
    #[pyo3(signature = (content, level, /))]
    fn heading(&self, content: &str, level: u8) -> PyResult<String> {
        if !(1..=6).contains(&level) {
            let message = format!("a heading has a level from 1 to 6, not {level}");
            return Err(PyValueError::new_err(message));
        }
        self.whole(&Element::Heading { level }, content)
    }

    /// Render a quotation.
    #[pyo3(signature = (content, /))]
    fn quote(&self, content: &str) -> PyResult<String> {
        self.whole(&Element::Quote, content)
    }

    /// Render a block of code; the language is empty if there is none.
    #[pyo3(signature = (code, language, /))]
    fn code_block(&self, code: &str, language: &str) -> PyResult<String> {
        let language = CowStr::Borrowed(language);
        self.whole(&Element::CodeBlock { language }, code)
    }

    /// Render a list of rendered items; `start` is None unless they are numbered.
    #[pyo3(signature = (items, start, /))]
    fn list_items(&self, items: &str, start: Option<u64>) -> PyResult<String> {
        self.whole(&Element::ListItems { start }, items)
    }

    /// Render an item of a list.
    #[pyo3(signature = (content, /))]
    fn list_item(&self, content: &str) -> PyResult<String> {
        self.whole(&Element::ListItem, content)
    }

    /// Render what is emphasized.
    #[pyo3(signature = (content, /))]
    fn emphasis(&self, content: &str) -> PyResult<String> {
        self.whole(&Element::Emphasis, content)
    }

    /// Render what is emphasized strongly.
    #[pyo3(signature = (content, /))]
    fn strong(&self, content: &str) -> PyResult<String> {
        self.whole(&Element::Strong, content)
    }

    /// Render a link; the title is empty if there is none.
    #[pyo3(signature = (content, url, title, /))]
    fn link(&self, content: &str, url: &str, title: &str) -> PyResult<String> {
        let (url, title) = (CowStr::Borrowed(url), CowStr::Borrowed(title));
        self.whole(&Element::Link { url, title }, content)
    }

    /// Render an image; the description is plain text.
    #[pyo3(signature = (description, url, title, /))]
    fn image(&self, description: &str, url: &str, title: &str) -> PyResult<String> {
        let (url, title) = (CowStr::Borrowed(url), CowStr::Borrowed(title));
        self.whole(&Element::Image { url, title }, description)
    }
}

// region: sub
/// Renders Markdown as HTML.
///
/// Args:
///     safe: Whether HTML in the document is shown as text, and the address of links that run programs is left out.
#[pyclass(frozen, extends = Renderer, subclass)]
#[pyo3(module = "markdown_html")]
pub struct HtmlRenderer {
    html: Arc<Html>,
}

#[pymethods]
impl HtmlRenderer {
    #[new]
    #[pyo3(signature = (*args, **kwargs), text_signature = "(*, safe=True)")]
    #[expect(unused_variables, reason = "they are for `__init__`")]
    fn new(
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        let html = Arc::new(Html::default());
        let format = Some(html.clone() as Arc<dyn Format>);
        PyClassInitializer::from(Renderer { format }).add_subclass(Self { html })
    }

    // A subclass that never calls it is safe.
    #[pyo3(signature = (*, safe = true))]
    fn __init__(&self, safe: bool) {
        self.html.set_safe(safe);
    }

    /// Whether HTML in the document is shown as text, and the address of links that run programs is left out.
    #[getter]
    fn safe(&self) -> bool {
        self.html.is_safe()
    }
}
// endregion: sub
