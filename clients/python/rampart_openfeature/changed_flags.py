"""Which flags may evaluate differently than before."""

from __future__ import annotations

from .json_value import equal
from .snapshot import Snapshot


def changed_flags(old: Snapshot, new: Snapshot) -> list[str]:
    """Keys of flags that were added, removed, or may now evaluate differently, sorted.

    When a segment has changed, all flags are named, because any may use it: some may not have
    changed, but none that has is missing.
    """
    keys = old.flags.keys() | new.flags.keys()
    if not equal(old.document["segments"], new.document["segments"]):
        return sorted(keys)
    changed = {key for key in keys if not equal(_definition(old, key), _definition(new, key))}
    while more := {key for key, flag in new.flags.items() if flag.prerequisites & changed} - changed:
        changed |= more
    return sorted(changed)


def _definition(snapshot: Snapshot, key: str) -> list[object] | None:
    """A flag with its experiments and, if it has any, the parts of the snapshot that mark units."""
    flag = snapshot.flags.get(key)
    if flag is None:
        return None
    experiments = [experiment.source for experiment in flag.experiments]
    marks = [snapshot.document["salt"], snapshot.document["opted_out"]] if experiments else []
    return [flag.source, experiments, marks]
