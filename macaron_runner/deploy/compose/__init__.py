"""The service in containers on one host, by Docker Compose.

    render    Planned -> compose.yaml and the configuration beside it; pure
    beside    the Redis or RabbitMQ that runs beside the service; pure
    seen      what `docker compose ps` and `docker inspect` print, as values; pure
    engine    the commands that run a release, look at it, and take it away

How a release gets to the host, and the course of switching and going back, is the host's room: systemd has the same.
"""
