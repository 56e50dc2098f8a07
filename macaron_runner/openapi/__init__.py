"""API documents -> Operations: reading, `$ref`s, schema dialects, the rules no meta-schema sees.

Not for checking requests (validation), and nothing here is used while a request is served.
"""
