"""Every error the computing half raises on purpose.

A message says what was got, what was wanted and what to do, in plain words.
"""


class EcoredlineError(Exception):
    """Something EcoRedline knows about went wrong."""


class InputError(EcoredlineError, ValueError):
    """The caller can mend this: an argument or the content of a file."""


class GridMismatch(InputError):
    """Two rasters do not lie on one grid, or do not overlap."""


class UnsuitableCRS(InputError):
    """The coordinate system is missing, unknown, or cannot be what the layer claims."""


class NotComparable(InputError):
    """Two images that no method can honestly compare (all cloud, all nodata, no fit)."""


class InvalidGeometry(InputError):
    """A shape that cannot be used; the message names the feature and the place of the fault."""


class UnknownCode(InputError):
    """A code that is not in its list; the message gives the nearest entries."""


class NotEnoughData(InputError):
    """Too few valid pixels or features; the message says how many and how many are needed."""


class SourceError(EcoredlineError, OSError):
    """A file could not be read."""


class OutputError(EcoredlineError, OSError):
    """A file could not be written: no permission, no space."""


class ComputationError(EcoredlineError):
    """A method did not converge."""


class Cancelled(EcoredlineError):
    """Somebody asked the job to stop; nothing half-written is left."""
