"""The links we mail: where they lead, and the tokens that open them.

They start at ``PUBLIC_URL`` or ``FRONTEND_URL``, never at a request's ``Host``.
"""

from collections.abc import Callable

from flask_paystack.mail.links import Link
from flask_paystack.payments.callbacks import with_query
from flask_paystack.payments.retry_tokens import RetryTokens
from flask_paystack.settings import Settings


class OurLinks:
    """Makes the links that letters hold.

    Args:
        url_prefix: under which our routes are mounted; ``PUBLIC_URL`` names the application's own root.
        password_reset_token: makes the token that lets a user, by id, choose a new password; raises NotFound.
        password_reset_ttl: how long it lasts, in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        url_prefix: str,
        retry_tokens: RetryTokens,
        password_reset_token: Callable[[str], str],
        password_reset_ttl: int,
    ) -> None:
        self._settings = settings
        self._url_prefix = url_prefix.rstrip("/")
        self._retry_tokens = retry_tokens
        self._password_reset_token = password_reset_token
        self._password_reset_ttl = password_reset_ttl

    def retry(self, reference: str) -> Link:
        """Our page that opens the payment anew."""
        path = f"{self._url_prefix}/pay/retry/{self._retry_tokens.make(reference)}"
        return Link(self._settings.link_base + path, self._settings.retry_link_ttl)

    def password_reset(self, user_id: str) -> Link:
        """The frontend, which asks for the new password and sends it with the token to ``POST /auth/reset``."""
        base = self._settings.frontend_url or self._settings.link_base
        return Link(with_query(base, reset_token=self._password_reset_token(user_id)), self._password_reset_ttl)
