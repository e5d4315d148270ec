"""What subclasses and imports written for Flask-Session 0.4 to 0.8 rely on."""
