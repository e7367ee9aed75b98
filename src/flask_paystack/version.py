"""Which version of Flask-Paystack this is."""

VERSION = "0.1.0"
