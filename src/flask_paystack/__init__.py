"""A payments backend for Paystack, as a Flask application or mounted in yours."""

from typing import TYPE_CHECKING, Any

from flask_paystack.version import VERSION

if TYPE_CHECKING:
    from flask_paystack.app import FlaskPaystack as FlaskPaystack
    from flask_paystack.app import create_app as create_app

__version__ = VERSION

__all__ = ["FlaskPaystack", "create_app"]


def __getattr__(name: str) -> Any:
    """``FlaskPaystack`` and ``create_app``, loaded when they are first asked for: the rooms below need no application."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from flask_paystack import app  # noqa: PLC0415

    return getattr(app, name)
