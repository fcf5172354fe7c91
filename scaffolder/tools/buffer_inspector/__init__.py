"""The tool `buffer_inspector`: what memory an object exports, by which protocols, and what it shares."""
