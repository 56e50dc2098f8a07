"""Answers made up from a document: of its examples, else of its schemas. Not for answers of handlers (server)."""
