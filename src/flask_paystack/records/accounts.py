"""Accounts, and the access tokens that were ended before their time."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, select, update

from flask_paystack.accounts.model import Login, Role, User
from flask_paystack.clock import Clock
from flask_paystack.mail.model import Message
from flask_paystack.records.database import Database, insert_or_nothing
from flask_paystack.records.logins import keep
from flask_paystack.records.messages import queue
from flask_paystack.records.pages import Page, read_page
from flask_paystack.records.removing import remove_batches
from flask_paystack.records.schema import messages, users
from flask_paystack.records.schema import revoked_tokens as revoked


class AccountRecords:
    """Users by id and by e-mail. E-mails are compared in lower case, and kept so."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add_user(self, user: User, login: Login | None = None) -> bool:
        """Keep a new user, with their first login. False where the e-mail is taken: of any number with it, one is added."""
        values = {**asdict(user), "email": user.email.lower(), "role": user.role.value}
        with self._database.writing() as connection:
            is_new = connection.execute(insert_or_nothing(connection, users).values(**values)).rowcount == 1
            if is_new and login is not None:
                keep(connection, login)
        return is_new

    def get(self, id: str) -> User | None:  # noqa: A002
        """The user of that id."""
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.id == id)).one_or_none()
        return None if row is None else _user(row)

    def get_by_email(self, email: str) -> User | None:
        """The user of that e-mail."""
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.email == email.lower())).one_or_none()
        return None if row is None else _user(row)

    def get_unless_revoked(self, id: str, jti: str) -> User | None:  # noqa: A002
        """The user of that id, unless the token ``jti`` was revoked."""
        is_revoked = exists().where(revoked.c.jti == jti)
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.id == id, ~is_revoked)).one_or_none()
        return None if row is None else _user(row)

    def list_users(self, after: str | None, limit: int) -> Page[User]:
        """Users, newest first."""
        with self._database.reading() as connection:
            return read_page(connection, select(users), [users.c.created_at, users.c.id], _user, after, limit)

    def change_password(self, user: User, password_hash: str, told: Iterable[Message] = ()) -> bool:
        """Give ``user`` a new password, end every token they have, and queue what tells of it.

        False where the password was changed since ``user`` was read: of several who come at once, one changes it.
        """
        # Later than before, whatever the clock says: the instant is what tells earlier tokens from later ones.
        valid_from = max(self._clock.now(), user.tokens_valid_from + timedelta(microseconds=1))
        query = (
            update(users)
            .where(users.c.id == user.id, users.c.tokens_valid_from == user.tokens_valid_from)
            .values(password_hash=password_hash, tokens_valid_from=valid_from)
        )
        with self._database.writing() as connection:
            is_changed = connection.execute(query).rowcount == 1
            if is_changed:
                queue(connection, told, self._clock.now())
        return is_changed

    def renew_hash(self, user: User, password_hash: str) -> None:
        """Keep another hash of the same password; tokens live on. Nothing happens if the password was changed meanwhile."""
        query = (
            update(users)
            .where(users.c.id == user.id, users.c.password_hash == user.password_hash)
            .values(password_hash=password_hash)
        )
        with self._database.writing() as connection:
            connection.execute(query)

    def queue_reset(self, message: Message, *, for_a_member: bool) -> None:
        """Queue the mail that leads to a new password; for a stranger, only seem to.

        Both take the same statements on the same pages and one commit, so that the time it took tells nothing.
        """
        taken_back = "" if for_a_member else message.identity
        with self._database.writing() as connection:
            queue(connection, [message], self._clock.now())
            connection.execute(delete(messages).where(messages.c.identity == taken_back))

    def revoke(self, jti: str, expires_at: datetime) -> None:
        """Refuse the token ``jti`` from now on. It is remembered until it would have expired anyway."""
        with self._database.writing() as connection:
            connection.execute(insert_or_nothing(connection, revoked).values(jti=jti, expires_at=expires_at))

    def is_revoked(self, jti: str) -> bool:
        """Whether that token was revoked."""
        with self._database.reading() as connection:
            return connection.execute(select(revoked.c.jti).where(revoked.c.jti == jti)).one_or_none() is not None

    def remove_expired_revocations(self) -> int:
        """Forget revoked tokens that have expired anyway; how many."""
        return sum(count for _, count in remove_batches(self._database, revoked.c.expires_at, self._clock.now()))


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        email=row.email,
        role=Role(row.role),
        created_at=row.created_at,
        tokens_valid_from=row.tokens_valid_from,
        password_hash=row.password_hash,
    )
