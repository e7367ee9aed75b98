"""Who logged in, from where, and until when that holds.

That a login was ended stands in one place: its token is among the revoked ones, or is of an earlier password. So nothing is
asked here when a request comes, and a token without a row holds as any other.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, insert, select

from flask_paystack.accounts.model import Login, User
from flask_paystack.clock import Clock
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.removing import remove_batches
from flask_paystack.records.schema import logins
from flask_paystack.records.schema import revoked_tokens as revoked

LONGEST_LIST = 100
"""Logins that are shown of an account. All are ended with the others, shown or not."""


def keep(connection: Connection, login: Login) -> None:
    """Keep a login within somebody's transaction."""
    connection.execute(
        insert(logins).values(
            id=login.id,
            user_id=login.user_id,
            jti=login.jti,
            valid_from=login.valid_from,
            created_at=login.created_at,
            expires_at=login.expires_at,
            address=login.address,
            user_agent=login.user_agent,
        )
    )


class LoginRecords:
    """Logins of accounts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, login: Login, ends: tuple[str, datetime] | None = None) -> None:
        """Keep a login. The token that it takes the place of, by its ``jti`` and its expiry, is refused from now on."""
        with self._database.writing() as connection:
            keep(connection, login)
            if ends is not None:
                query = insert_or_nothing(connection, revoked)
                connection.execute(query.values(jti=ends[0], expires_at=ends[1]))

    def list_living(self, user: User) -> list[Login]:
        """The logins of ``user`` that hold, newest first: 100 at most."""
        query = self._living(user).order_by(logins.c.created_at.desc(), logins.c.id.desc()).limit(LONGEST_LIST)
        with self._database.reading() as connection:
            return [_login(row) for row in connection.execute(query)]

    def end(self, user: User, id: str) -> bool:  # noqa: A002
        """Refuse one login of ``user`` from now on. False where there is none of that id, or it does not hold any more."""
        return self._revoke(self._living(user).where(logins.c.id == id)) == 1

    def end_others(self, user: User, jti: str) -> int:
        """Refuse every login of ``user`` but that of the token ``jti``; how many."""
        return self._revoke(self._living(user).where(logins.c.jti != jti))

    def remove_expired(self) -> int:
        """Forget logins that have expired; how many."""
        return sum(count for _, count in remove_batches(self._database, logins.c.expires_at, self._clock.now()))

    def _living(self, user: User) -> Select[Any]:
        return select(logins).where(
            logins.c.user_id == user.id,
            logins.c.valid_from == user.tokens_valid_from,
            logins.c.expires_at > self._clock.now(),
            ~exists().where(revoked.c.jti == logins.c.jti),
        )

    def _revoke(self, which: Select[Any]) -> int:
        chosen = which.with_only_columns(logins.c.jti, logins.c.expires_at)
        with self._database.writing() as connection:
            query = insert_or_nothing(connection, revoked).from_select(["jti", "expires_at"], chosen)
            return connection.execute(query).rowcount


def _login(row: Row[Any]) -> Login:
    return Login(
        id=row.id,
        user_id=row.user_id,
        jti=row.jti,
        valid_from=row.valid_from,
        created_at=row.created_at,
        expires_at=row.expires_at,
        address=row.address,
        user_agent=row.user_agent,
    )
