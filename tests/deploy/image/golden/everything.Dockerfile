# Written by macaron for shop, anew for each build; Dockerfile.extra adds to it.
# The base is registry.example.com/python:3.13.
FROM registry.example.com/python:3.13 AS base
USER 0
RUN apt-get update && apt-get install -y --no-install-recommends libpq5

FROM base AS build
USER 0
WORKDIR /build
ENV PIP_CONFIG_FILE=/run/secrets/pip PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN lacks=; \
    command -v cc >/dev/null || lacks="gcc libc-dev"; \
    test -e "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" || lacks="$lacks python3-dev"; \
    test -z "$lacks" || if command -v apt-get; then apt-get update && apt-get install -y --no-install-recommends $lacks; \
    elif command -v apk; then apk add --no-cache $lacks; \
    fi
RUN python3 -m venv --without-pip /opt/venv
COPY requirements/ ./
RUN \
    --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    --mount=type=secret,id=pip \
    --mount=type=secret,id=ca \
    python3 -m pip --python /opt/venv/bin/python install --requirement macaron-runner.txt --requirement 'services/shop/requirements for shop.txt'
COPY app/ /app/
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /app || true

FROM base
USER 0
RUN mkdir -p /var/lib/macaron && chmod 1777 /var/lib/macaron
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH
ENV HOME="/tmp"
ENV PYTHONDONTWRITEBYTECODE="1"
ENV PYTHONUNBUFFERED="1"
ENV MACARON_CONFIG="/app/services/shop/macaron.yaml"
ENV MACARON_STATE_DIR="/var/lib/macaron"
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
    CMD ["macaron", "health", "web", "/app/services/shop/macaron.yaml"]
ENTRYPOINT ["macaron", "run", "/app/services/shop/macaron.yaml"]
LABEL a="one two \$HOME"
LABEL org.opencontainers.image.title="shop"
ENV MACARON_VERSION="1.2 \"\$beta\" \\"
