"""Lifecycles as data: states, and the steps that lead from one to the next.

A lifecycle is declared once beside its model; permissions, history, pages, the diagram in the docs
and the permission matrix are read from it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One thing somebody may do to a subject.

    `start` are the states it is allowed in; `end` the state it leads to, blank where the subject
    stays (a record is added, a holder changes).
    """

    action: str
    label: object  # a lazy translation
    start: tuple[str, ...]
    end: str = ""

    def leads_to(self, state: str) -> str:
        """The state after this step from `state`."""
        return self.end or state


@dataclass(frozen=True)
class Lifecycle:
    """States and steps of one kind of subject; the permission of a step is `name.action`."""

    name: str
    states: dict[str, object]  # code → lazy translation, in the order of the path
    steps: tuple[Step, ...]
    final: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """The state a new subject is in."""
        return next(iter(self.states))

    def step(self, action: str) -> Step:
        """The step called `action`; an unknown one is a programming fault."""
        return next(s for s in self.steps if s.action == action)

    def from_state(self, state: str) -> tuple[Step, ...]:
        """The steps that are allowed in `state`."""
        return tuple(s for s in self.steps if state in s.start)

    def permission(self, action: str) -> str:
        """The code of the permission a step asks for."""
        return f"{self.name}.{action}"

    @property
    def choices(self) -> list[tuple[str, object]]:
        """States for a model field."""
        return list(self.states.items())

    def mermaid(self) -> str:
        """The diagram, for the docs."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.first}"]
        for step in self.steps:
            for start in step.start:
                if step.end:
                    lines.append(f"    {start} --> {step.end}: {step.action}")
        lines += [f"    {state} --> [*]" for state in self.final]
        return "\n".join(lines)
