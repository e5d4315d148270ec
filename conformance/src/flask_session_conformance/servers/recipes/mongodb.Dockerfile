FROM flask-session-tests/debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcurl4 libssl3 \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir -p /data/db
COPY fiftyone/db/bin/mongod /usr/local/bin/
RUN chmod +x /usr/local/bin/mongod
