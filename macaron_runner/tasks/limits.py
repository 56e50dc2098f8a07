"""The error that a task's soft time limit raises in it, for services to catch; Celery's own."""

from billiard.exceptions import SoftTimeLimitExceeded

__all__ = ["SoftTimeLimitExceeded"]
