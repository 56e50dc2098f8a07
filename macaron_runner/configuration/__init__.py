"""macaron.yaml as pure frozen data: read, interpolated, merged, validated, checked against itself.

Not for what its values set in motion, and not for the API documents it names.
"""
