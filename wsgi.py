"""What ``gunicorn wsgi:app``, ``flask …`` and any other WSGI server load."""

from flask_paystack.cli.start import application

app = application()
