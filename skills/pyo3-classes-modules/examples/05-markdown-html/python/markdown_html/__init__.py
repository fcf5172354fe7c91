"""Render Markdown, with a renderer that subclasses change."""

from markdown_html._core import HtmlRenderer, Renderer

__all__ = ["HtmlRenderer", "Renderer"]
