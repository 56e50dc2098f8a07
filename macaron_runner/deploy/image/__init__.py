"""The container image of a service: what is in it, how it is made, and its name with a digest once it is in a registry.

    one half knows, and does nothing             the other half acts
    -----------------------------------------    ------------------------------------------------
    layout      where a service's files stand    sources      which files the service has here
    dockerfile  the Dockerfile                   inside       macaron, and what else is installed
    engines     the words of docker, podman,     context      what an engine is given, in a folder
                buildah                          build        the course, from files to a digest
    sbom        what is inside, as CycloneDX     contents     what is inside: runs in the image

Not for where an image runs (the other folders of deploy).
"""
