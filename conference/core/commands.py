"""Runs a command line: an error that the user can fix is one sentence, never a traceback."""

from __future__ import annotations

import math
import os
import sys
from typing import Any

import click

from conference.core.clean import clean
from conference.core.errors import UserError
from conference.core.tasks import StopRound


class Number(click.FloatRange):
    """A finite number on the command line: NaN would pass every comparison with a limit."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = float(super().convert(value, param, ctx))
        if not math.isfinite(found):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return found

    def _describe_range(self) -> str:
        """The range in the help; empty without limits, where click would print an empty range."""
        return "" if self.min is None and self.max is None else super()._describe_range()


def run_command(command: click.Command) -> None:
    """Run the command with the arguments of the command line.

    Exit status: 2 for bad input or files that cannot be used, 3 for a round that stopped cleanly
    and can be resumed, 130 after Ctrl-C.
    """
    try:
        command(standalone_mode=False)
    except UserError as error:
        _leave(str(error), 2)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        _leave(_usage(error), 2)
    except StopRound as stop:
        _leave(str(stop), 3)
    except BrokenPipeError:
        os._exit(1)  # The reader of the output, such as `head`, has gone.
    except OSError as error:
        _leave(_sentence(error), 2)
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            "Stopped. Nothing that was finished is lost: run the same command to go on.", err=True
        )
        sys.stderr.flush()
        os._exit(130)  # An experiment's thread would keep the process alive; its sandbox ends too.


def _usage(error: click.ClickException) -> str:
    """What is wrong with the command line, and where to find that command's help."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "conference"
    return f"{path}: {error.format_message().rstrip('.')}; see {path} --help."


def _sentence(error: OSError) -> str:
    """The system's reason and the file; some libraries give only the path."""
    reason = error.strerror or ("no such file" if isinstance(error, FileNotFoundError) else "")
    path = str(error.filename or ("" if error.strerror else error))
    return ": ".join(filter(None, (path, reason))) + "; check the path, its rights and the disk."


def _leave(sentence: str, status: int) -> None:
    click.echo(clean(sentence), err=True)
    sys.exit(status)
