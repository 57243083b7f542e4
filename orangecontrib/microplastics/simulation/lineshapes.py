"""
Line shapes of infrared spectra: bands, baselines, the air in the beam.

Numpy and scipy only: every function takes wavenumbers in cm-1 and returns arrays in absorbance,
with one row per band or spectrum. Nothing here depends on polymers.
"""
import numpy as np

from orangecontrib.microplastics.materials.atmosphere import CARBON_DIOXIDE, WATER_VAPOUR

#: Full width at half maximum of a Gaussian divided by its standard deviation.
_FULL_WIDTH = np.sqrt(8 * np.log(2))


def pseudo_voigt(wavenumbers, centres, widths, lorentz=0.5):
    """
    Bands of height 1: weighted sum of a Lorentzian and a Gaussian of the same width.

    Parameters
    ----------
    wavenumbers : ndarray, shape (p,)
    centres, widths : array_like, shape (b,)
        Position and full width at half maximum, cm-1.
    lorentz : float or array_like, shape (b,)
        Share of the Lorentzian, 0 to 1 (Wertheim et al., Rev. Sci. Instrum. 1974, 45, 1369).

    Returns
    -------
    ndarray, shape (b, p)
    """
    centres, widths = np.atleast_1d(centres)[:, None], np.atleast_1d(widths)[:, None]
    lorentz = np.broadcast_to(lorentz, len(centres))[:, None]
    u2 = ((np.asarray(wavenumbers) - centres) / (widths / 2)) ** 2
    return lorentz / (1 + u2) + (1 - lorentz) * np.exp(-np.log(2) * u2)


def broadened(widths, resolution):
    """
    Observed widths of bands at an instrument resolution (cm-1).

    In a convolution of Gaussians the squares of the widths add. For Lorentzians, whose widths
    add directly, the result is slightly too small, which does not matter while bands are wider
    than the resolution.
    """
    return np.hypot(widths, resolution)


def water_vapour(wavenumbers, resolution):
    """Spectrum of water vapour, strongest line about 1, at a resolution in cm-1; shape (p,)."""
    centres, heights = np.array(WATER_VAPOUR, dtype=float).T
    # Lines are far narrower than the resolution: broadening reduces their height.
    width = max(resolution, 1.)
    shapes = pseudo_voigt(wavenumbers, centres, np.full(len(centres), width * 1.2), .3)
    return heights @ shapes * min(1., 4. / width)


def carbon_dioxide(wavenumbers, resolution):
    """Spectrum of gaseous CO2, height of the branch at 2362 cm-1 about 1; shape (p,)."""
    centres, widths, heights = np.array(CARBON_DIOXIDE, dtype=float).T
    widths = broadened(_FULL_WIDTH * widths, resolution)
    return heights @ pseudo_voigt(wavenumbers, centres, widths, .2)


def baselines(wavenumbers, n, rng):
    """
    Random smooth baselines of unit size: offset, slope, curvature and a broad hump.

    Returns
    -------
    ndarray, shape (n, p)
    """
    g = (np.asarray(wavenumbers, dtype=float) - 2300.) / 1700.  # -1 to 1 over 600 to 4000
    shapes = np.stack([np.ones_like(g), g, g ** 2 - 1 / 3, g ** 3 - .6 * g])
    curves = (rng.standard_normal((n, 4)) * [.5, .5, .35, .2]) @ shapes
    centres, widths = rng.uniform(-1, 1, (n, 1)), rng.uniform(.3, .8, (n, 1))
    heights = .4 * rng.standard_normal((n, 1))
    return curves + heights * np.exp(-((g - centres) / widths) ** 2)


def scattering(wavenumbers, n, rng):
    """
    Extinction by scattering from particles: grows as a power of the wavenumber.

    The exponent lies between 1 (particles larger than the wavelength) and 4 (Rayleigh limit);
    the height at 4000 cm-1 between 0 and 1.

    Returns
    -------
    ndarray, shape (n, p)
    """
    exponents, heights = rng.uniform(1, 4, (n, 1)), rng.uniform(0, 1, (n, 1))
    return heights * (np.asarray(wavenumbers)[None, :] / 4000.) ** exponents


def smooth_gains(wavenumbers, n, rng, knots=10):
    """Random smooth curves of standard deviation 1, shape (n, p): cubic through `knots` knots."""
    from scipy.interpolate import make_interp_spline

    axis = np.asarray(wavenumbers, dtype=float)
    # Knots at fixed wavenumbers, so that a spectrum on part of the axis equals that part of the
    # full spectrum.
    at = np.linspace(350., 4050., knots)
    spline = make_interp_spline(at, rng.standard_normal((knots, n)), k=3)
    return spline(np.clip(axis, at[0], at[-1])).T
