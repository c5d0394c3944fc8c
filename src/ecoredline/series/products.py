"""Intake of leaf area, production and NDVI products: stored numbers to physical ones, fill values out."""

import numpy as np

from ecoredline.codes import code_list
from ecoredline.errors import InputError, UnknownCode


def product_values(stored, product: str) -> tuple[np.ndarray, int]:
    """Physical values (float64, NaN = fill) of a product of the list `vegetation_products`; how many were fill.

    Raises `UnknownCode`; `InputError` when most of what is stored is beyond the product's range.

    >>> values, filled = product_values(np.array([[35, 255]], np.uint8), "mcd15_lai")
    >>> values.tolist(), filled
    ([[3.5, nan]], 1)
    """
    rows = code_list("vegetation_products")
    if product not in rows:
        raise UnknownCode(f"got product {product!r}; wanted one of {', '.join(rows)}")
    row = rows[product]
    low, high, scale = (float(row[k]) for k in ("low", "high", "scale"))
    stored = np.asarray(stored, dtype=np.float64)
    good = (stored >= low) & (stored <= high)
    known = stored[np.isfinite(stored)]
    if known.size and known.max() <= high * scale * (1 + 1e-9) and (known != known.round()).any():
        raise InputError(
            f"got values up to {known.max():g} with fractions for {row['zh']}; wanted stored whole "
            f"numbers of {low:g} to {high:g}: they are physical already"
        )
    return np.where(good, stored * scale, np.nan), int((~good).sum())


def greatest_in_group(values, zones, classes) -> np.ndarray:
    """F_max of HJ 1172: the greatest value of the same function zone and vegetation class, cell by cell.

    >>> greatest_in_group([1.0, 3.0, 2.0], [1, 1, 2], [5, 5, 5]).tolist()
    [3.0, 3.0, 2.0]
    """
    values, zones, classes = (np.asarray(a, dtype=float) for a in (values, zones, classes))
    if not values.shape == zones.shape == classes.shape:
        raise InputError(f"got {values.shape}, {zones.shape}, {classes.shape}; wanted one shape")
    seen = np.isfinite(values) & np.isfinite(zones) & np.isfinite(classes)
    pairs = np.stack([zones[seen], classes[seen]], axis=1)
    index = np.unique(pairs, axis=0, return_inverse=True)[1].ravel()
    most = np.full(index.max(initial=-1) + 1, -np.inf)
    np.maximum.at(most, index, values[seen])
    found = np.full(values.shape, np.nan)
    found[seen] = most[index]
    return found
