"""Definitions in a LaTeX source: commands, environments, switches and comment signs."""

from __future__ import annotations

import re
from typing import NamedTuple

from conference.papers.sources.styles import Styled


class Macro(NamedTuple):
    """A command: its number of arguments, the default of the first one, and its body."""

    arguments: int
    default: str | None
    body: str


class Defined(Styled):
    """The definitions so far, and the texts that are not printed."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.macros: dict[str, Macro] = {}
        self.aliases: dict[str, str] = {}
        self.environments: dict[str, tuple[Macro, str]] = {}
        self.dropped: set[str] = set()  # environments that print nothing
        self.switches: dict[str, bool] = {"iftrue": True, "iffalse": False, "ifmmode": False}
        self.signs: set[str] = set()  # that begin comments
        self.silent: list[tuple[str, str]] = []

    def drop(self, kind: str, text: str) -> None:
        self.silent.append((kind, text))

    def expand(self, macro: Macro) -> None:
        given = []
        if macro.arguments and macro.default is not None:
            option = self.option()
            given.append(macro.default if option is None else option)
        while len(given) < macro.arguments:
            given.append(self.argument())
        for number, text in enumerate(given, 1):
            if f"#{number}" not in macro.body:
                self.drop("argument", text)
        text = re.sub(
            r"#(\d)",
            lambda found: given[int(found[1]) - 1] if 0 < int(found[1]) <= len(given) else "",
            macro.body,
        )
        self.push(text)

    def define(self) -> None:
        name = self.argument().strip().lstrip("\\")
        count, default = self.option(), self.option()
        body = self.argument()
        number = int(count) if count and count.strip().isdigit() else 0
        self._keep(name, Macro(number, default, body))

    def define_plainly(self) -> None:
        found = self.match(re.compile(r"\s*\\([A-Za-z@]+)([^{\\]*)"))
        body = self.argument()
        if found:
            self._keep(found[1], Macro(found[2].count("#"), None, body))

    def _keep(self, name: str, macro: Macro) -> None:
        """Keep a macro, unless it calls itself, which would expand without end."""
        self.macros[name] = macro
        if re.search(rf"\\{re.escape(name)}(?![A-Za-z@])", macro.body):  # without an end
            del self.macros[name]

    def alias(self) -> None:
        found = self.match(re.compile(r"\s*\\([A-Za-z@]+)\s*=?\s*\\([A-Za-z@]+)"))
        if found and found[2] in self.macros:
            self.macros[found[1]] = self.macros[found[2]]
        elif found:
            self.aliases[found[1]] = self.aliases.get(found[2], found[2])

    def named(self) -> None:
        found = self.match(re.compile(r"\s*([A-Za-z@*]+)\s*\\endcsname"))
        if found:
            self.push(f"\\{found[1]} ")

    def catcode(self) -> None:
        found = self.match(re.compile(r"\s*`\\?(.)\s*=?\s*(\d+)"))
        if found and found[2] in ("9", "14"):
            self.signs.add(found[1])

    def define_by_kinds(self) -> None:
        """Define a command as in xparse: one letter per argument; o and s are optional."""
        name, kinds = self.argument().strip().lstrip("\\"), self.argument()
        letters = re.findall(r"[A-Za-z]", re.sub(r"\{[^{}]*\}", "", kinds))
        default = "" if letters and letters[0] in "oO" else None
        self._keep(name, Macro(len(letters), default, self.argument()))

    def define_environment(self) -> None:
        name, count, default = self.argument().strip(), self.option(), self.option()
        number = int(count) if count and count.strip().isdigit() else 0
        begin, end = self.argument(), self.argument()
        self.environments[name] = Macro(number, default, begin), end

    def unprinted_environment(self) -> None:
        self.dropped.add(self.argument().strip())

    # --- conditions ------------------------------------------------------------------------------

    def switch(self) -> None:
        found = self.match(re.compile(r"\s*\\(if[A-Za-z@]+)"))
        if found:
            self.switches[found[1]] = False

    def set_switch(self, name: str) -> bool:
        """Set a switch of the source if the command does that; return whether it does."""
        for value in ("true", "false"):
            key = f"if{name.removesuffix(value)}"
            if name.endswith(value) and key in self.switches:
                self.switches[key] = value == "true"
                return True
        return False

    def condition(self, name: str) -> bool:
        """Keep only the branch that applies, or none if that is unknown.

        Returns False if the command is not a condition.
        """
        holds = self.switches.get(name)
        if name in ("fi", "else"):  # The branch before \\else was read already.
            self.drop("condition", self.branches()[0] if name == "else" else "")
        elif holds is not None:
            first, second = self.branches()
            self.drop("condition", second if holds else first)
            self.push(first if holds else second)
        elif self.match(re.compile(r"(?=\s*\{)")):
            texts = [each for _ in range(3) if (each := self.balanced()) is not None]
            self.drop("condition", " ".join(texts))
        elif self.ends():
            self.drop("condition", " ".join(self.branches()))
        else:
            return False
        return True
