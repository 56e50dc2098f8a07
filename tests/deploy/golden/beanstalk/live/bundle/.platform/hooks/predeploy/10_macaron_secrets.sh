#!/bin/sh
# The secrets that the service wants as files: Beanstalk has fetched them into variables.
set -eu
umask 077
mkdir -p /opt/macaron/secrets
printf %s "$MACARON_FILE_REDIS_PASSWORD" > /opt/macaron/secrets/redis_password
chmod 444 /opt/macaron/secrets/redis_password
