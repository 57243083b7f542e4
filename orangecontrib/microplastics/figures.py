"""The import path of release 0.1."""
from orangecontrib.microplastics.explanation.figures import gradcam_figure, spectra_figure

__all__ = ["gradcam_figure", "spectra_figure"]
