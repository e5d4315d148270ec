"""What a session costs, against Flask-Session 0.8.0 and against the bare client."""
