"""What writes the documents, and the settings of their site."""
