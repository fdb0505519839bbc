"""The page: a renderer of `Assistant.stream`, and nothing more."""
