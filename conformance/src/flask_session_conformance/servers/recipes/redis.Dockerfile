FROM flask-session-tests/debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends redis-server redis-sentinel \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /data
