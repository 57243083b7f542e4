"""Microplastics from infrared spectra: DCNet-CBAM and Grad-CAM for Orange."""
