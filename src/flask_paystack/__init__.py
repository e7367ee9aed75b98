"""A payments backend for Paystack, as a Flask application or mounted in yours."""

__version__ = "0.1.0"
