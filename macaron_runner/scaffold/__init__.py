"""A new service as files: from a template, or from an API document. Pure but for one place that writes (files)."""
