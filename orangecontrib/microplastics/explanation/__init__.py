"""Explanations of a model's predictions as tables, figures and text."""
from orangecontrib.microplastics.explanation.table import (
    PREDICTED,
    ClassView,
    Explained,
    bands_table,
    class_views,
    components,
    explain_table,
    importance_table,
)

__all__ = ["PREDICTED", "Explained", "ClassView", "explain_table", "class_views",
           "components", "importance_table", "bands_table"]
