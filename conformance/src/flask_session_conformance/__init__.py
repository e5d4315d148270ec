"""The test suite that every Flask-Session backend passes."""

__version__ = "1.0.0"
