"""What the account routes accept."""

from typing import Annotated

from pydantic import Field

from flask_paystack.accounts.model import LONGEST_PASSWORD, SHORTEST_PASSWORD
from flask_paystack.email_address import EmailAddress
from flask_paystack.web.parsing import Body

Password = Annotated[str, Field(repr=False, min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]


class EmailAndPassword(Body):
    """``POST /auth/register`` and ``POST /auth/login``."""

    email: EmailAddress
    password: Password


class ForgotPassword(Body):
    """``POST /auth/forgot``."""

    email: EmailAddress


class NewPassword(Body):
    """``POST /auth/reset``."""

    token: Annotated[str, Field(repr=False)]
    password: Password
