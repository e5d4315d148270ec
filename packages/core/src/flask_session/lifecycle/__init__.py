"""What becomes of a session from one request to the next, and of requests that overlap."""
