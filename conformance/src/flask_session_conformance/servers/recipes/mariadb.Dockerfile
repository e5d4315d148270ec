# The database is made when the image is built, so that a container is ready at once.
FROM flask-session-tests/debian:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends mariadb-server \
 && rm -rf /var/lib/apt/lists/* /var/lib/mysql/*
RUN mkdir -p /run/mysqld && chown mysql:mysql /run/mysqld \
 && mariadb-install-db --user=mysql --skip-test-db --auth-root-authentication-method=normal \
 && printf '%s\n' \
      "FLUSH PRIVILEGES;" \
      "CREATE DATABASE session;" \
      "CREATE USER 'session'@'%' IDENTIFIED BY 'session';" \
      "GRANT ALL ON session.* TO 'session'@'%';" \
      "CREATE USER 'root'@'%' IDENTIFIED BY 'session';" \
      "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;" \
    | mariadbd --user=mysql --bootstrap
