"""Kubernetes as a target.

    pure                                                    acting
    ----------------------------------------------------    ------------------------------------------
    render      Planned -> YAML, a file a part              platform    what kubectl is asked to do, when
    objects     names and labels                            lock        a Lease: one deployment at a time
    pods        Deployments: containers, how they end       evidence    why a roll-out fails
    probes      how the kubelet asks them
    mounts      ConfigMap, Secrets, writable folders
    traffic     Service, Ingress, Gateway, Google's own
    scaling     HPA, KEDA (queues), disruptions
    lint        what schemas let pass
    needs       what the cluster must have
    drift       live objects against rendered ones
    kubectl     its words
    records     a release as a ConfigMap
    rollout     done, on its way, or in trouble
    causes      what a trouble comes from

Everything reaches the cluster through kubectl: credentials are its own. Not for other targets.
"""
