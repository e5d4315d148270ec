FROM flask-session-tests/debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends openjdk-17-jre-headless \
 && rm -rf /var/lib/apt/lists/*
COPY package/lib/dynamodb_local_* /home/dynamodblocal/
WORKDIR /home/dynamodblocal
ENTRYPOINT ["java"]
