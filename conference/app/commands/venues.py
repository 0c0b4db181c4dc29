"""`conference venues`: list the venues, or show the review form and quotas of one."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table


@click.command()
@click.argument("name", required=False)
def venues(name: str | None) -> None:
    """List the venues, or show the review form and quotas of one."""
    from venues.venue_file import list_venues, load_venue

    console = Console()
    if name is None:
        table = Table("name", "venue", "rating", "reviews", "accepts")
        for entry in list_venues():
            rules = load_venue(entry)
            scale = rules.form[rules.form.rating].values
            table.add_row(
                entry,
                rules.title,
                ", ".join(f"{value:g}" for value in scale),
                str(rules.assignment.reviews_per_paper),
                f"{rules.decision.accept_rate:.0%}",
            )
        console.print(table)
        return
    rules = load_venue(name)
    console.print(f"[bold]{rules.title}[/bold] ({rules.name})")
    for field in rules.form.field:
        allowed = ", ".join(f"{value:g}" for value in field.values) or ", ".join(field.choices)
        console.print(f"  {field.name}: {allowed or 'text'}")
    quota = rules.decision
    console.print(
        f"Accepts {quota.accept_rate:.0%} (orals {quota.oral_rate:.0%}, spotlights "
        f"{quota.spotlight_rate:.0%}); {rules.assignment.reviews_per_paper} reviews a paper, at "
        f"most {rules.assignment.max_load} a reviewer."
    )
    console.print(f"Source of the form: {rules.form.source}")
    if rules.form.not_verified:
        console.print(f"Not verified: {rules.form.not_verified}")
