"""Published infrared spectra of microplastics."""
from orangecontrib.microplastics.datasets.tables import (
    DISK_SIZE,
    DOWNLOAD_SIZE,
    FOLDER_VARIABLE,
    POLYMERS,
    REQUIREMENT,
    SETS,
    Counts,
    FetchError,
    MissingData,
    SetInfo,
    count,
    data_dir,
    fetch,
    is_available,
    join,
    load,
)

__all__ = ["SETS", "SetInfo", "POLYMERS", "FetchError", "MissingData", "data_dir",
           "is_available", "fetch", "Counts", "count", "load", "join", "DOWNLOAD_SIZE",
           "DISK_SIZE", "REQUIREMENT", "FOLDER_VARIABLE"]
