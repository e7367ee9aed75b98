"""What the account routes accept."""

from typing import Annotated

from pydantic import Field

from flask_paystack.accounts.model import LONGEST_PASSWORD, SHORTEST_PASSWORD
from flask_paystack.email_address import EmailAddress
from flask_paystack.web.parsing import Body

Password = Annotated[str, Field(repr=False, min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]

Code = Annotated[
    str,
    Field(max_length=64, description="Six digits of an authenticator app, or a recovery code. Each is taken once."),
]
GivenPassword = Annotated[str, Field(repr=False, min_length=1, max_length=LONGEST_PASSWORD)]
"""One to compare: too short a one is as wrong as any other, and no other sentence is owed for it."""
PresentPassword = Annotated[GivenPassword, Field(repr=False, description="The present one.")]


class EmailAndPassword(Body):
    """``POST /auth/register``."""

    email: EmailAddress
    password: Password


class Credentials(Body):
    """``POST /auth/login``."""

    email: EmailAddress
    password: GivenPassword
    code: Annotated[Code | None, Field(repr=False)] = None


class ForgotPassword(Body):
    """``POST /auth/forgot``."""

    email: EmailAddress


class NewPassword(Body):
    """``POST /auth/reset``."""

    token: Annotated[str, Field(repr=False)]
    password: Password


class ChangedPassword(Body):
    """``POST /auth/password``."""

    password: PresentPassword
    new_password: Password


class EndedSessions(Body):
    """``POST /auth/sessions/end``."""

    password: PresentPassword
    id: (
        Annotated[str, Field(description="Of one login, as listed; without it every other than this one ends.")] | None
    ) = None


class PasswordAlone(Body):
    """``POST /auth/totp``."""

    password: PresentPassword


class CodeAlone(Body):
    """``POST /auth/totp/confirm``."""

    code: Annotated[Code, Field(repr=False)]


class PasswordAndCode(Body):
    """``POST /auth/totp/remove``."""

    password: PresentPassword
    code: Annotated[Code, Field(repr=False)]
