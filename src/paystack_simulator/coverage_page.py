"""The table of what is simulated, in ``docs/simulator.md``.

``python -m paystack_simulator.coverage_page docs/simulator.md`` writes it anew between its two marks.
"""

import sys
from collections import Counter
from pathlib import Path

from paystack_simulator.coverage import NOT, OPERATIONS, PARTLY, SIMULATED

BEGIN = "<!-- operations: written by python -m paystack_simulator.coverage_page -->"
END = "<!-- end of operations -->"


def table() -> str:
    """The operations as a table in Markdown, under a line that counts them."""
    count = Counter(each.extent for each in OPERATIONS)
    counted = f"{count[SIMULATED]} are simulated, {count[PARTLY]} partly, and {count[NOT]} are not: those answer 501."
    lines = [
        f"Of the {len(OPERATIONS)} operations, {counted}",
        "",
        "| Operation | Simulated | Fault name | Limits |",
        "|---|---|---|---|",
    ]
    for each in OPERATIONS:
        view = f"`{each.view}`" if each.view else ""
        lines.append(f"| `{each.method} {each.path}` | {each.extent} | {view} | {each.note} |")
    return "\n".join(lines)


def renewed(page: str) -> str:
    """A page with its table written anew. Raises ValueError for one without the two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The page has no place for the table, between {BEGIN!r} and {END!r}.")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(renewed(target.read_text("utf-8")), "utf-8")
