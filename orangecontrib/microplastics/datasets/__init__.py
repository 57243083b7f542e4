"""Published infrared spectra of microplastics as Tables.

:func:`fetch` downloads the sets once; :func:`load` returns one as a Table in absorbance, without
its duplicates; :func:`join` puts several on one axis.
"""
from orangecontrib.microplastics.datasets.catalogue import SETS, SetInfo
from orangecontrib.microplastics.datasets.fetch import (
    DISK_SIZE,
    DOWNLOAD_SIZE,
    REQUIREMENT,
    FetchError,
    fetch,
)
from orangecontrib.microplastics.datasets.store import (
    FOLDER_VARIABLE,
    MissingData,
    data_dir,
    is_available,
)
from orangecontrib.microplastics.datasets.tables import Counts, count, join, load
from orangecontrib.microplastics.materials.names import POLYMERS

__all__ = ["SETS", "SetInfo", "POLYMERS", "FetchError", "MissingData", "data_dir",
           "is_available", "fetch", "Counts", "count", "load", "join", "DOWNLOAD_SIZE",
           "DISK_SIZE", "REQUIREMENT", "FOLDER_VARIABLE"]
