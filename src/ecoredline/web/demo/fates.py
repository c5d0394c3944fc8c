"""What becomes of which patch in the demo year: the suspected ones in order of redline area.

A word is a function of `demo.tales`; `FATES[0]` is the largest patch.
"""

MINISTRY, CITY = "ministry", "city"

FATES: tuple[tuple[str, str], ...] = (
    (MINISTRY, "serious"),  # true, reported upward, special inspection, compensation
    (MINISTRY, "recovering"),  # true, rectified, closed, proven by the later image
    (MINISTRY, "lawful"),  # lawful with approval, cleared
    (MINISTRY, "waits_at_city"),  # handed down to the city and not further
    (CITY, "faked"),  # closed too quickly, contradicted by the later image, reopened
    (CITY, "recovering"),
    (CITY, "recovering"),
    (CITY, "rechecking"),
    (CITY, "overdue"),  # rectification late, a notice letter, the next rung proposed
    (CITY, "rectifying"),
    (CITY, "handed_over"),
    (CITY, "opened"),
    (CITY, "failed_recheck"),
    (CITY, "merged_case"),
    (CITY, "struck_lawful"),
    (CITY, "wrong_route"),  # sent to the neighbour county, declined, sent again
    (CITY, "partly"),
    (CITY, "false"),
    (CITY, "submitted"),
    (CITY, "resubmitted"),
    (CITY, "sent_back"),
    (CITY, "verify_overdue"),
    (CITY, "received"),
    (CITY, "dispatched"),
    (CITY, "listed"),
    (CITY, "raised"),
    (CITY, "petitioned"),  # a petition about the same place is merged into it
    (CITY, "submitted"),
    (CITY, "released"),
    (CITY, "accepted"),
    (CITY, "screened"),
    (CITY, "screened"),
    (CITY, "screened"),
    (CITY, "too_small"),
    (CITY, "crop"),
    (CITY, "shadow"),
    (CITY, "duplicate"),
    (CITY, "too_small"),
)
DUG_WIDER_DEG = 2e-4  # about 20 m: the digging went on beyond the old outline
RECOVERED, DAMAGED = ("recovering",), ("faked",)


def fates_of(patches) -> list[tuple[object, str, str]]:
    """(patch, whose, fate) for patches already in order; what is beyond the list stays unreviewed.

    >>> [fate for _, _, fate in fates_of("ab")]
    ['serious', 'recovering']
    """
    rest = [(CITY, "screened")] * max(0, len(patches) - len(FATES))
    return [(p, *fate) for p, fate in zip(patches, [*FATES, *rest], strict=False)]


def places(frame) -> dict[str, list]:
    """From a run's patch table: which outlines have recovered and which are dug open later."""
    chosen = frame[frame["channel"] == "suspected"]
    ordered = chosen.sort_values(["redline_area_ha", "patch_id"], ascending=[False, True])
    fates = [fate for _, _, fate in fates_of(list(ordered["patch_id"]))]
    shapes = list(ordered.geometry)
    return {
        "recovered": [s for s, f in zip(shapes, fates, strict=True) if f in RECOVERED],
        "damaged": [
            s.buffer(DUG_WIDER_DEG) for s, f in zip(shapes, fates, strict=True) if f in DAMAGED
        ],
    }
