"""What maintainers run: the CI matrix, package tests, releases, new backends."""
