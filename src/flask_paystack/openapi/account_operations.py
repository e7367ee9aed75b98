"""The rows of accounts in the table of operations."""

from flask_paystack import errors
from flask_paystack.accounts.forms import (
    ChangedPassword,
    CodeAlone,
    Credentials,
    EmailAndPassword,
    EndedSessions,
    ForgotPassword,
    NewPassword,
    PasswordAlone,
    PasswordAndCode,
)
from flask_paystack.openapi import answers, examples
from flask_paystack.openapi.operation import Operation, Reply, empty

LOGGED_IN = {"logged in": examples.TOKEN}

ACCOUNTS = {
    "auth.register": Operation(
        "register",
        [Reply(201, "The account is open.", LOGGED_IN, answers.AccessToken)],
        EmailAndPassword,
        {"ada": examples.CREDENTIALS},
        failures=[errors.EmailTaken],
    ),
    "auth.login": Operation(
        "logIn",
        [Reply(200, "An access token.", LOGGED_IN, answers.AccessToken)],
        Credentials,
        {"ada": examples.CREDENTIALS, "with a code": {**examples.CREDENTIALS, "code": "287082"}},
        failures=[errors.WrongCredentials, errors.SecondFactorNeeded, errors.WrongCode],
    ),
    "auth.forgot": Operation(
        "forgotPassword",
        [
            Reply(
                202,
                "Always this, whoever asked.",
                {
                    "told": {
                        "message": "If there is an account with this e-mail, a link to a new password is on its way."
                    }
                },
                answers.Told,
            )
        ],
        ForgotPassword,
        {"ada": {"email": examples.EMAIL}},
    ),
    "auth.reset": Operation(
        "resetPassword",
        [empty(204, "The password is changed, and every earlier token ended.")],
        NewPassword,
        {"ada": {"token": "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJwYXNz.3nXq0hV", "password": "battery staple horse"}},
        failures=[errors.InvalidLink],
    ),
    "auth.change_password": Operation(
        "changePassword",
        [
            Reply(
                200,
                "The password is changed, every earlier token ended, and here is a new one.",
                LOGGED_IN,
                answers.AccessToken,
            )
        ],
        ChangedPassword,
        {"ada": {"password": "the present password", "new_password": "battery staple horse"}},
        failures=[errors.WrongCredentials],
    ),
    "auth.list_sessions": Operation(
        "listMyLogins", [Reply(200, "What is logged in.", {"two": examples.LOGINS}, answers.Logins)]
    ),
    "auth.end_sessions": Operation(
        "endMyLogins",
        [empty(204, "It, or every other, is refused from now on.")],
        EndedSessions,
        {
            "every other": {"password": "the present password"},
            "one": {"password": "the present password", "id": examples.LOGIN_ID},
        },
        failures=[errors.WrongCredentials, errors.NotFound],
    ),
    "totp.begin": Operation(
        "setSecondFactor",
        [Reply(200, "The seed, for an authenticator app.", {"made": examples.SEED}, answers.Seed)],
        PasswordAlone,
        {"ada": {"password": "the present password"}},
        failures=[errors.WrongCredentials, errors.SecondFactorInForce],
    ),
    "totp.confirm": Operation(
        "confirmSecondFactor",
        [Reply(200, "In force from now on.", {"codes": examples.RECOVERY_CODES}, answers.RecoveryCodes)],
        CodeAlone,
        {"code": {"code": "287082"}},
        failures=[errors.WrongCode, errors.NotFound, errors.SecondFactorInForce],
    ),
    "totp.remove": Operation(
        "removeSecondFactor",
        [empty(204, "The password alone logs in from now on.")],
        PasswordAndCode,
        {"ada": {"password": "the present password", "code": "287082"}},
        failures=[errors.WrongCredentials, errors.WrongCode, errors.NotFound],
    ),
    "auth.me": Operation("whoAmI", [Reply(200, "The account.", {"ada": examples.MEMBER}, answers.Member)]),
    "auth.logout": Operation("logOut", [empty(204, "The token is refused from now on.")]),
}
