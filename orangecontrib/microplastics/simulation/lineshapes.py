"""
Shapes that infrared spectra are made of: bands, baselines, the air in the beam.

Plain numpy: every function takes wavenumbers in cm-1 and returns arrays in absorbance, with
one row for a band or a spectrum. Nothing here knows of polymers.
"""
import numpy as np

#: Lines of water vapour, centres of the strong unresolved groups at a resolution of 2-8 cm-1:
#: (cm-1, relative height). Positions as in HITRAN's nu2 band and nu1/nu3 bands.
WATER_VAPOUR = (
    (1362, .25), (1375, .30), (1387, .30), (1396, .45), (1419, .55), (1436, .55), (1457, .75),
    (1473, .70), (1489, .60), (1497, .55), (1507, .90), (1521, .60), (1541, .95), (1558, 1.),
    (1570, .65), (1577, .60), (1617, .60), (1623, .35), (1635, .75), (1647, .75), (1653, 1.),
    (1663, .35), (1670, .45), (1675, .60), (1684, .85), (1696, .80), (1700, .55), (1717, .70),
    (1734, .70), (1740, .40), (1751, .25), (1772, .45), (1792, .40), (1802, .15), (1830, .25),
    (1845, .30), (1869, .25), (1889, .15), (1919, .12),
    (3567, .30), (3587, .35), (3600, .30), (3612, .30), (3629, .45), (3649, .55), (3669, .50),
    (3675, .55), (3690, .60), (3701, .35), (3711, .55), (3735, .80), (3749, .60), (3759, .50),
    (3779, .30), (3801, .55), (3807, .45), (3816, .50), (3821, .45), (3837, .50), (3853, .75),
    (3870, .40), (3880, .35), (3891, .25),
)

#: Carbon dioxide as unresolved branches: (cm-1, width in cm-1, relative height).
CARBON_DIOXIDE = ((2362, 18, 1.), (2338, 24, .80), (668, 5, .60), (656, 18, .08), (680, 18, .08))


def pseudo_voigt(wavenumbers, centres, widths, lorentz=0.5):
    """
    Bands of height 1: a sum of a Lorentzian and a Gaussian of one width.

    Parameters
    ----------
    wavenumbers : ndarray, shape (p,)
    centres, widths : array_like, shape (b,)
        Position and full width at half height, cm-1.
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
    Widths that an instrument of the given resolution (cm-1) shows.

    A convolution with a Gaussian adds widths in squares. For a Lorentzian this is a little too
    little (they add up directly), which does not matter while bands are wider than the
    resolution.
    """
    return np.hypot(widths, resolution)


def water_vapour(wavenumbers, resolution):
    """Spectrum of water vapour, its strongest line near 1, at a resolution in cm-1; shape (p,)."""
    centres, heights = np.array(WATER_VAPOUR, dtype=float).T
    # A line is far narrower than any resolution here: spread over it, it loses height.
    width = max(resolution, 1.)
    shapes = pseudo_voigt(wavenumbers, centres, np.full(len(centres), width * 1.2), .3)
    return heights @ shapes * min(1., 4. / width)


def carbon_dioxide(wavenumbers, resolution):
    """Spectrum of gaseous CO2, the branch at 2362 cm-1 of height 1; shape (p,)."""
    centres, widths, heights = np.array(CARBON_DIOXIDE, dtype=float).T
    return heights @ pseudo_voigt(wavenumbers, centres, broadened(widths, resolution), .2)


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
    Extinction of a particle by scattering: grows as a power of the wavenumber.

    The exponent lies between 1 and 4, from particles larger than the wavelength to Rayleigh's
    limit; the height at 4000 cm-1 between 0 and 1.

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
    # Knots at fixed places, that a spectrum on a part of the axis is the part of the spectrum.
    at = np.linspace(350., 4050., knots)
    spline = make_interp_spline(at, rng.standard_normal((knots, n)), k=3)
    return spline(np.clip(axis, at[0], at[-1])).T
