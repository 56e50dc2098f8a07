"""A Kubernetes API server for tests, as far as kubectl and a Deployment's roll-out can tell it from a real one.

    resources    which kinds there are, and how clients discover them
    merging      server-side apply: who owns which field, what is merged how
    store        the objects: versions, selectors, conflicts
    rollouts     the controllers: Deployments become ReplicaSets and pods, which start or fail
    api          what is answered to which request
    server       HTTP, and the faults that a test asks for

Nothing moves by itself: every time somebody looks at Deployments or pods, the controllers go one step.
"""

from tests.deploy.fakes.kubernetes.rollouts import Fate
from tests.deploy.fakes.kubernetes.server import Cluster

__all__ = ["Cluster", "Fate"]
