"""Parts of Grad-CAM."""
