"""What the account routes accept."""

from typing import Annotated

from pydantic import Field

from flask_paystack.accounts.model import LONGEST_PASSWORD, SHORTEST_PASSWORD
from flask_paystack.email_address import EmailAddress
from flask_paystack.web.parsing import Body

Password = Annotated[str, Field(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]


class EmailAndPassword(Body):
    """``POST /auth/register`` and ``POST /auth/login``."""

    email: EmailAddress
    password: Password


class ForgotPassword(Body):
    """``POST /auth/forgot``."""

    email: EmailAddress


class NewPassword(Body):
    """``POST /auth/reset``."""

    token: str
    password: Password


class ChangedPassword(Body):
    """``POST /auth/password``."""

    password: Annotated[Password, Field(description="The present one.")]
    new_password: Password


class EndedSessions(Body):
    """``POST /auth/sessions/end``."""

    password: Annotated[Password, Field(description="The present one.")]
    id: (
        Annotated[str, Field(description="Of one login, as listed; without it every other than this one ends.")] | None
    ) = None
