"""The shapes of the index."""

from __future__ import annotations

from dropsonde.publish.described.common import ALL, FIELD, PRECISE, WEEK, WITHIN
from dropsonde.publish.described.shapes import (
    lookup,
    maybe,
    optional,
    real,
    record,
    several,
    text,
    week,
    whole,
)

_FILES = record(
    "Its files.",
    csv=text("The path of the csv, compressed by gzip."),
    json=text("The path of the table's document."),
    parquet=text("The path of the parquet."),
)

_HISTORY = optional(
    record("The files of all weeks.", parquet=text("The path of the parquet.")),
    csv=text("The path of the csv, compressed by gzip; of small tables alone."),
)

_BUDGET = {
    "unit": text("What the noise hides.", enum=["module", "site"]),
    "epsilon": real("The budget of any 52 weeks in a row."),
    "delta": real("The chance with which it may not hold."),
}
_MEAN = {
    "weeks": whole("The most whose mean is shown."),
    "deviations": real("Of its noise, that a mean has at least to be shown."),
}
_METHOD = record(
    "How numbers were made, and what an attacker can learn of them.",
    **_BUDGET,
    year=whole("Weeks of a year."),
    year_epsilon=maybe(real("What the dearest year with this week has cost; null if some weeks of "
                            "it had no noise.")),
    **_MEAN,
    contributions=lookup("Table to the groups of a unit that count in full.", whole("Groups.")),
    beside=lookup("Table to the modules of a site that count in full beside what it says of "
                  "itself.", whole("Modules.")),
    scales=lookup("Table, table.column of a sum, or * to the standard deviation of a week's noise.",
                  real("In whole units.")),
    without_noise=several(week("A week."), "Weeks that were released without noise."),
    learned=record(
        "What an attacker learns of one unit at most.",
        odds=maybe(real("The factor between the odds before and after; null if it is too large.")),
        beyond=real("The chance that it is more."),
        guesses=several(
            record(prior=real("A chance before."), posterior=real("The same after.")),
            "What is known at most, of something that was known with some chance before.",
        ),
        right=real("How often the best guess is right that was so half of the time before."),
    ),
    site=maybe(record(
        "The same of a whole site; null where the unit is a site.",
        modules=whole("Of that site."),
        epsilon=maybe(real("What its parts lose together; null if it has no bound.")),
        right=real("How often the best guess is right that was so half of the time before."),
    )),
)  # fmt: skip
INDEX = record(
    newest=WEEK,
    k=whole("The least number of sites that is shown."),
    licence=text("An SPDX identifier."),
    made_up={"type": "boolean", "description": "No real site is counted, as in the demo."},
    weeks=several(record(
        "A week.",
        week=WEEK,
        **ALL,
        week_sites=whole("Sites of the week alone."),
        week_error=real(WITHIN),
        released=text("The day of the release, in UTC.", format="date"),
        made=text("The time of the release, in UTC.", format="date-time"),
        cells=maybe(text("The path of its noisy numbers; null if they are not there.")),
        method=record(
            "How that week was made public.",
            **_BUDGET,
            **_MEAN,
            k=whole("The least number of sites that is shown."),
        ),
    ), "Every week, oldest first."),
    method=_METHOD,
    precision=PRECISE,
    attacks=several(
        record(**{name: text(about) for name, about in {
            "attack": "What was tried.",
            "guards": "Against which settings.",
            "result": "What was found.",
            "allowed": "What the noise allows at most; empty where that says nothing.",
        }.items()}),
        "Our own attacks on made-up weeks.",
    ),
    tables=several(record(
        "A table of the newest week.",
        name=text("Of its files."),
        title=text("A few words."),
        description=text("What it counts."),
        rows=whole("How many."),
        fields=several(FIELD),
        files=_FILES,
        history=_HISTORY,
    )),
)  # fmt: skip
