"""The hash chain over everything that was done: compute it again, and say where it breaks.

Each seal's hash covers the seal before it, so that a changed, removed or inserted row, or a seal
taken away from the middle, is found. Rows cut off at the end are found by comparing with a head
(number and hash) that was written down elsewhere: print it, keep it on paper.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from django.db import connection

TABLES = {"access": "core_accessrecord", "transition": "core_transition"}
# The sealed text of a row, as SQL over alias `t`; never changed: a new column goes into a new kind.
BODIES = {
    "access": (
        "jsonb_build_array(t.id, (extract(epoch from t.at) * 1000000)::bigint, t.person_id, "
        "t.person_name, t.unit_name, t.unit_code, t.action, t.thing, t.detail, t.address)::text"
    ),
    "transition": (
        "jsonb_build_array(t.id, (extract(epoch from t.at) * 1000000)::bigint, "
        "(extract(epoch from t.written_at) * 1000000)::bigint, t.subject_kind, t.subject_id, "
        't.subject_name, t.step, t.start, t."end", t.person_id, t.person_name, t.unit_id, '
        "t.unit_name, t.role, t.reason, t.details)::text"
    ),
}
BATCH = 50_000
SEALED = f"""
    select s.number, s.kind, s.row_id, s.hash, case s.kind
        when 'access' then (select {BODIES["access"]} from core_accessrecord t where t.id = s.row_id)
        when 'transition' then (select {BODIES["transition"]} from core_transition t where t.id = s.row_id)
        end
    from core_seal s where s.number > {{first}} and s.number <= {{last}} order by s.number
"""
SHOWN_FAULTS = 100


@dataclass
class AuditResult:
    """What the check found: rows looked at, the head of the chain, and every fault in words."""

    rows: int = 0
    head: tuple[int, str] = (0, "")
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0

    @property
    def is_whole(self) -> bool:
        """Nothing was changed, removed or put in."""
        return self.fault_count == 0

    def fault(self, words: str) -> None:
        """Note a fault; the first hundred are kept in words."""
        self.fault_count += 1
        if len(self.faults) < SHOWN_FAULTS:
            self.faults.append(words)


def link(previous: str, kind: str, body: str) -> str:
    r"""The hash of one seal.

    >>> link("", "access", "[1]")[:12]
    'f188fe79ad7a'
    """
    return sha256(f"{previous}\n{kind}\n{body}".encode()).hexdigest()


def sealed_rows() -> Iterator[tuple[int, str, int, str, str | None]]:
    """Every seal with the text of its row (None where the row is gone), in order.

    Streamed by COPY, so that the database reads the next rows while these are hashed.
    """
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute("select coalesce(max(number), 0) from core_seal")
        newest = cursor.fetchone()[0]
        for first in range(0, newest, BATCH):
            query = SEALED.format(first=first, last=first + BATCH)
            with cursor.copy(f"copy ({query}) to stdout") as rows:
                rows.set_types(["int8", "text", "int8", "text", "text"])
                yield from rows.rows()


def verify(*, head: tuple[int, str] | None = None, progress=lambda rows: None) -> AuditResult:
    """Compute the whole chain again from the rows; `head` is a number and hash kept elsewhere.

    Gives an `AuditResult` whose faults name number, kind and row. Reads only.
    """
    result, previous, expected, met = AuditResult(), "", 1, head is None
    for number, kind, row_id, sealed, body in sealed_rows():
        result.rows += 1
        if number != expected:
            result.fault(f"封印 {expected} 至 {number - 1} 缺失")
        if body is None:
            result.fault(f"封印 {number}：{kind} 第 {row_id} 行已不存在")
        elif link(previous, kind, body) != sealed:
            result.fault(f"封印 {number}：{kind} 第 {row_id} 行与封印不符")
        previous, expected = sealed, number + 1
        if head is not None and number == head[0]:
            met = sealed == head[1]
        if result.rows % BATCH == 0:
            progress(result.rows)
    result.head = (expected - 1, previous)
    if not met:
        result.fault(f"链中没有第 {head[0]} 号 {head[1][:12]}…：末尾被截断，或整条链被重写")
    for kind, count in unsealed().items():
        if count:
            result.fault(f"{kind} 有 {count} 行没有封印")
    return result


def unsealed() -> dict[str, int]:
    """How many rows of each kind no seal covers."""
    found = {}
    with connection.cursor() as cursor:
        for kind, table in TABLES.items():
            cursor.execute(
                f"select count(*) from {table} t where not exists "
                "(select 1 from core_seal s where s.kind = %s and s.row_id = t.id)",
                [kind],
            )
            found[kind] = cursor.fetchone()[0]
    return found
