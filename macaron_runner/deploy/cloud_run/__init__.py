"""Google Cloud Run: a service, with a worker pool each for the workers and the scheduler, by its Admin API v2.

    pure                                              acts
    ----------------------------------------------    ---------------------------------------------------
    names        what things are called there         platform     the Platform: steps in their order
    template     what one instance is made of         moves        one step of one service or worker pool
    resources    service and worker pools             notes        records of releases, and the lock
    render       … as files, and back                 live         what is there at the moment
    shares       who has how much of the traffic      health       what is awaited, and why in vain
    comparison   what is live, as it is wanted        reports      status and logs, for people
    before       what a deployment has to put back    logs         what containers wrote (Cloud Logging)
    records      what is noted of releases            api          requests, credentials
    causes       what Google says, and why            identity     who may call a service that is not public

A release is a revision of the service, and one of each worker pool. It starts without traffic, under the tag `next`;
worker pools change when it is healthy, then it gets all of the traffic. Going back is giving everything to revisions
that are still there. What is noted of releases, and the lock, are annotations of a job that is never run.
"""
