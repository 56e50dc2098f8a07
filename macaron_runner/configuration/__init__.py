"""macaron.yaml as pure frozen data: read, interpolated, merged, validated, checked against itself.

Not for what its values set in motion, and not for the API documents it names. The modules, in the order in which a
file goes through them:

    selection     which file, overlay and `--set` a command means
    load          the whole way, from a selection to loaded.Configuration
    reading, overlays                       which files there are (`extends`, `--env`), and reading them into layers
    files         bytes of a file that the user named
    source        bytes to data with places (yaml_nodes, yaml_errors: its parts)
    variables, secrets, interpolate         `${…}`: what it refers to, and putting it in (sensitive: secrets in texts)
    merge         several layers to one tree that knows where each value came from
    model         the keys: types, defaults, documentation (values: the types of values; frozen: maps that never change)
    resolve       references followed, and paths made relative to the service's folder, in what is left after merging
    problems      what is wrong with single values, in the words of the file
    checks        what several values together get wrong (address, cron: values with a grammar of their own)
    shape         the model seen as a map of sections, for messages and for the two that follow
    keys, explain, effective, written       where values come from, one by one or all (written: values as YAML)
    schema, reference                       the JSON Schema for editors, the tables of the README
"""
