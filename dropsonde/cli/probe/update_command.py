"""``dropsonde update``: refresh what is known of the Forge's modules and releases now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.cli.progress import progress_bar
from dropsonde.common.errors import DeliveryError, DropsondeError, FileError
from dropsonde.settings.options import ALWAYS, NEVER, PUPPETFILE

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run

_WHICH = {
    ALWAYS: "all public modules here",
    PUPPETFILE: "modules that Puppetfiles fetch from it",
    NEVER: "no module",
}


def run(this: Run) -> int:
    """Ask the Forge, and print the results."""
    this.require_switched_on()
    probe = this.probe
    with progress_bar("modules") as progress:
        result = probe.public.update(progress)
    line = (
        f"{len(result.forge_list.slugs):,} public modules, {result.added:,} new, "
        f"{result.removed:,} gone ({result.requests:,} requests, {result.bytes:,} bytes)"
    )
    this.write_lines([line])
    fault = _fetch(this)
    with progress_bar("releases") as progress:
        learned = probe.public.learn(probe.inventory, progress)
    left = f", {learned.left:,} left for the next time" if learned.left else ""
    line = (
        f"{learned.releases:,} releases read from the Forge, of "
        f"{_WHICH[probe.settings.releases]}{left} "
        f"({learned.requests:,} requests, {learned.bytes:,} bytes)"
    )
    this.write_lines([line])
    for error in (learned.fault, fault):
        if error is not None:
            raise error
    return 0


def _fetch(this: Run) -> DropsondeError | None:
    """Fetch the vocabulary; return the fault, so that the Forge's releases come first."""
    probe = this.probe
    if probe.settings.vocabulary is not None:
        return None
    try:
        offer = probe.fetch_vocabulary()
    except (DeliveryError, FileError) as error:
        return error
    if offer is None:
        line = "no vocabulary: the settings name no endpoint that may offer one"
    elif not offer.offered:
        line = f"no vocabulary: {probe.endpoint_shown} offers none"
    elif offer.data is None:
        line = f"the vocabulary of {probe.endpoint_shown} is here already"
    else:
        line = f"the vocabulary of {probe.endpoint_shown} was fetched ({offer.bytes:,} bytes)"
    this.write_lines([line])
    return None
