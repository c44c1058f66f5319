"""The terminal UI. Nothing here is imported before a person opens it: Textual takes half a second to load."""
