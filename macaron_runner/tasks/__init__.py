"""Functions that run in Celery workers. Celery is known in this room only."""
