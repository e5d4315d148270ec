# The cluster is made when the image is built, so that a container is ready at once.
FROM flask-session-tests/debian:bookworm
RUN mkdir -p /etc/postgresql-common \
 && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf \
 && apt-get update \
 && apt-get install -y --no-install-recommends postgresql \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ 2>/dev/null || true
ENV PGDATA=/var/lib/postgresql/data
USER postgres
RUN echo session > /tmp/password \
 && initdb --username=session --pwfile=/tmp/password --auth-host=scram-sha-256 \
      --encoding=UTF8 --locale=C.UTF-8 --no-sync \
 && echo "CREATE DATABASE session" | postgres --single template1 \
 && echo "listen_addresses = '*'" >> $PGDATA/postgresql.conf \
 && echo "host all all all scram-sha-256" >> $PGDATA/pg_hba.conf
