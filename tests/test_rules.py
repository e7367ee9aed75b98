"""Rules of the house that no linter knows, held over the source; each has a violation that it must notice."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"
OURS = SOURCE / "flask_paystack"
SECRET_WORDS = {"secret", "signature", "mac", "hmac", "token", "password", "pepper", "key"}
MONEY_WORDS = {"amount", "money", "price", "kobo", "subunits", "fees", "due", "paid", "refunded"}
CALLERS = {"paystack/client.py", "paystack/connections.py", "paystack/greeting.py", "handover/receivers.py"}
"""The rooms from which requests leave, with timeouts, without redirects, and without trust in the environment."""
LOCAL_CALLERS = {"cli/", "demo/"}
"""What runs on an operator's own machine and asks the servers there."""

Found = Iterator[tuple[int, str]]


def words(node: ast.AST) -> set[str]:
    """The words of a name or an attribute, in the singular."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return {part.rstrip("s") for part in name.lower().split("_")}


def is_column(node: ast.AST) -> bool:
    """``table.c.name``."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "c"


def secrets_compared(tree: ast.AST) -> Found:
    """``==`` and ``!=`` between two secrets take longer the more of them is right: use ``hmac.compare_digest`` (R32)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or not any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            continue
        sides = [node.left, *node.comparators]
        # A column of a table is compared by the database, and what is no name holds no secret.
        if not any(is_column(each) for each in sides) and all(words(each) & SECRET_WORDS for each in sides):
            yield node.lineno, "two secrets compared with ==; use hmac.compare_digest"


def floats_near_amounts(tree: ast.AST) -> Found:
    """Money is whole subunits: no ``float()``, no ``/`` and no decimal point beside an amount (R28)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"float", "round"}:
            parts: list[ast.expr] = node.args
        elif isinstance(node, ast.BinOp):
            is_float = any(
                isinstance(each, ast.Constant) and isinstance(each.value, float) for each in (node.left, node.right)
            )
            parts = [node.left, node.right] if is_float or isinstance(node.op, ast.Div) else []
        else:
            continue
        if any(words(each) & MONEY_WORDS for each in parts):
            yield node.lineno, "a float beside money; amounts are whole subunits"


def bare_requests(tree: ast.AST) -> Found:
    """``requests.get`` and its like have no timeout, trust ``.netrc`` and follow redirects: only the clients make sessions."""
    verbs = {"get", "post", "put", "patch", "delete", "head", "options", "request", "Session"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in verbs:
            module = node.func.value
            if isinstance(module, ast.Name) and module.id in {"requests", "urllib3", "httpx"}:
                yield node.lineno, f"{module.id}.{node.func.attr}; requests leave through the clients"
        if isinstance(node, ast.ImportFrom) and node.module in {"urllib.request", "http.client"}:
            yield node.lineno, f"{node.module}; requests leave through the clients"


def naive_moments(tree: ast.AST) -> Found:
    """Moments know their zone, and come from the clock that was handed in."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of = node.func.value
        is_datetime = words(of) & {"datetime", "date"}
        if is_datetime and node.func.attr in {"utcnow", "utcfromtimestamp", "today"}:
            yield node.lineno, f"datetime.{node.func.attr} has no zone"
        if is_datetime and node.func.attr == "now" and not (node.args or node.keywords):
            yield node.lineno, "datetime.now() without a zone"


Rule = Callable[[ast.AST], Found]
RULES: dict[Rule, tuple[str, ...]] = {
    secrets_compared: ("if given_token == self.token: pass", "ok = signature != expected_signature", "a.mac == mac"),
    floats_near_amounts: (
        "float(amount)",
        "amount / 100",
        "amount_kobo * 1.5",
        "round(payment.amount, 2)",
        "x = 0.015 * paid",
    ),
    bare_requests: ("requests.get(url)", "requests.Session()", "from urllib.request import urlopen"),
    naive_moments: ("datetime.now()", "datetime.utcnow()", "datetime.datetime.utcfromtimestamp(0)", "date.today()"),
}
"""Each rule, and what it must notice."""


def files_of(rule: Rule) -> Iterator[Path]:
    for path in sorted(OURS.rglob("*.py")):
        name = path.relative_to(OURS).as_posix()
        if rule is bare_requests and (name in CALLERS or name.startswith(tuple(LOCAL_CALLERS))):
            continue
        yield path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_rule(rule: Rule) -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {told}"
        for path in files_of(rule)
        for line, told in rule(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_control_a_violation_is_noticed(rule: Rule) -> None:
    for code in RULES[rule]:
        assert list(rule(ast.parse(code))), code


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (secrets_compared, "if scheme != 'bearer': pass"),
        (secrets_compared, "select(users).where(users.c.token == token)"),
        (secrets_compared, "hmac.compare_digest(mac, other_mac)"),
        (floats_near_amounts, "amount // 100"),
        (floats_near_amounts, "seconds / 60"),
        (bare_requests, "session.get(url)"),
        (naive_moments, "datetime.now(UTC)"),
    ],
)
def test_what_is_right_is_left_alone(rule: Rule, code: str) -> None:
    assert not list(rule(ast.parse(code)))
