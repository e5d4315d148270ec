"""What a request brings and an answer takes along: cookies, signatures, headers, failures."""
