"""
Infrared spectra of polymers simulated from tables of bands: no network, no files.

Good for: a first lesson; trying out a workflow; showing the effect of thickness, noise, weathering,
water vapour or a biofilm on a spectrum while everything else is unchanged; tests.

Not good for: identifying particles from the environment. A network trained on these spectra has
seen neither the dyes, fillers and grades of real plastics nor the materials that are missing here,
so it will misidentify them with high confidence. Optical effects are not calculated either (the
dispersion that distorts ATR and reflection spectra, Mie scattering with its resonances). Such a
network does identify clean spectra of the seven pure polymers (tests/simulation/test_simulation.py
compares the simulator with four published sets), but those are the easy cases. Accuracies reached
on simulated spectra say nothing about real ones: test on published or own spectra.

Widths, and heights not in the literature, were adjusted to medians of FLOPP: agreement with FLOPP
is therefore no independent proof; agreement with the other sets is.

Natural materials that are mistaken for plastic can be simulated, too. Few published spectra of them
were at hand (see the tables of bands), so their heights and widths are less certain than those of
polymers, and one table stands for a family: fats and waxes, kaolin and other clays.
"""

import re
from collections.abc import Iterable
from zlib import crc32

import numpy as np
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table
from scipy.optimize import nnls

from orangecontrib.microplastics.materials.bands import BANDS
from orangecontrib.microplastics.materials.colors import painted
from orangecontrib.microplastics.materials.names import NAMES, material_code
from orangecontrib.microplastics.simulation import lineshapes
from orangecontrib.microplastics.spectra.axis import name_of, uniform_grid

#: The polymers in the publication of the method, and all polymers that can be simulated.
SEVEN = ("PE", "PP", "PS", "PET", "PVC", "PA", "PMMA")
ALL_POLYMERS = tuple(NAMES)
#: Natural materials and soaps that can be simulated, besides CE and Protein: what is mistaken for
#: plastic, or lies on it.
NATURAL = ("Ester", "Carboxylate", "Carbonate", "Quartz", "Clay", "Chitin", "Humic", "Biofilm")
#: Former name of ALL_POLYMERS.
TWELVE = ALL_POLYMERS

#: Median absorbance of the strongest band of samples of thickness 1.
TYPICAL_ABSORBANCE = 0.3
#: Share of light that bypasses the sample: flattens bands above an absorbance of 2.
STRAY_LIGHT = 0.003

# Full width at half maximum, cm-1: the first expression found in the assignment applies. Hydrogen
# bonds make O-H and N-H broad; C-H stretches of disordered chains are broader than skeletal
# and ring bands, in which neighbours do not couple.
_WIDTH_RULES = tuple((re.compile(pattern), width) for pattern, width in (
    (r"O-H stretch", 250.), (r"N-H stretch", 70.), (r"amide A|amide B", 50.),
    (r"aromatic C-H stretch", 14.), (r"(C-?H\d?|CH) .*stretch|CH stretch", 24.),
    (r"C#N", 10.), (r"C=O", 24.), (r"amide", 40.), (r"H-O-H", 80.), (r"overtones", 20.),
    (r"ring", 11.), (r"^C-O|^O-CH|C-Cl", 26.), (r"", 15.)))

# Widths of bands narrower or broader than the rule gives, from band fits to spectra of pristine
# samples at 8 cm-1: crystalline bands are narrow, overlapping conformers broad.
_WIDTHS = {
    "PE": {2916: 18, 2893: 24, 2848: 11, 1472: 6, 1462: 11, 1440: 28, 1377: 12, 730: 7, 719: 12},
    "PP": {2960: 18, 2951: 14, 2918: 25, 2884: 34, 2870: 17, 2839: 15, 1454: 22, 1436: 14,
           1375: 8, 1358: 14, 1167: 20, 1103: 22, 997: 8, 974: 9, 899: 14, 841: 9, 808: 12},
    "PS": {2920: 34, 2850: 18, 1601: 10, 1493: 7, 1450: 14, 1372: 34, 1181: 24, 1154: 12,
           1069: 24, 1028: 14, 906: 16, 842: 18, 754: 24, 697: 10},
    "PET": {1716: 23, 1504: 7, 1456: 28, 1408: 11, 1371: 20, 1340: 12, 1265: 42, 1246: 26,
            1174: 12, 1120: 26, 1099: 30, 1043: 24, 1018: 10, 972: 22, 898: 24, 874: 10, 846: 24,
            793: 18, 725: 13},
    "PVC": {2914: 28, 2850: 24, 1427: 14, 1436: 14, 1355: 18, 1333: 20, 1254: 18, 1240: 30,
            1195: 30, 1099: 26, 966: 36, 833: 36, 690: 42, 637: 26, 615: 24},
    "PA": {3298: 55, 3080: 45, 2931: 42, 2860: 40, 1635: 28, 1537: 40, 1464: 32, 1437: 18,
           1417: 15, 1371: 40, 1279: 26, 1263: 34, 1200: 32, 1172: 30, 1120: 30, 727: 40,
           690: 60},
    "PMMA": {2995: 30, 2951: 30, 1722: 20, 1479: 16, 1449: 18, 1435: 14, 1270: 24, 1240: 22,
             1190: 26, 1142: 30, 988: 22, 966: 24, 841: 16, 750: 18},
    "PU": {2965: 40, 2930: 40, 2872: 40, 1728: 26, 1704: 40, 1599: 16, 1533: 28, 1512: 18,
           1414: 12, 1453: 40, 1373: 34, 1309: 30, 1250: 40, 1223: 40, 1163: 55, 1140: 30,
           1107: 26, 1086: 16, 1070: 30, 1018: 22, 816: 17, 768: 30},
    "ABS": {2920: 44, 2850: 26, 1452: 15, 1493: 7, 1603: 10, 1360: 50, 1070: 40, 966: 17,
            910: 16, 760: 26, 700: 12, 2237: 9},
    "PC": {2968: 28, 1772: 25, 1504: 16, 1247: 30, 1223: 22, 1190: 17, 1161: 16, 1103: 30,
           1080: 9, 1014: 9, 1004: 22, 887: 16, 829: 26, 812: 14, 766: 34},
    "CE": {3338: 220, 3270: 330, 2912: 50, 2860: 50, 1427: 38, 1367: 34, 1335: 20, 1315: 22,
           1161: 20, 1107: 46, 1057: 26, 1030: 34, 1000: 32, 984: 40, 895: 30},
    "Protein": {3277: 180, 2926: 60, 1632: 50, 1518: 50, 1448: 40, 1393: 40, 1236: 50, 1072: 60},
    "PEVA": {2956: 49, 2917: 20, 2893: 21, 2848: 12, 1739: 14, 1466: 16, 1439: 50, 1371: 23,
             1240: 25, 1105: 120, 1043: 12, 1020: 22, 958: 32, 730: 7, 719: 16},
    "PLA": {2997: 22, 2945: 22, 1751: 25, 1454: 22, 1383: 8, 1362: 50, 1303: 38, 1265: 36,
            1209: 45, 1182: 19, 1128: 36, 1086: 30, 1045: 27, 957: 11, 922: 36, 870: 21,
            756: 29, 702: 44},
    "CA": {3470: 350, 2945: 64, 2885: 88, 1738: 40, 1640: 90, 1428: 70, 1368: 25, 1316: 41,
           1227: 50, 1161: 26, 1119: 48, 1068: 48, 1034: 40, 1000: 59, 945: 80, 902: 26,
           876: 16},
    "R": {3694: 17, 3620: 10, 2956: 36, 2918: 30, 2872: 75, 2849: 15, 1730: 33, 1602: 14,
          1539: 14, 1493: 12, 1464: 16, 1452: 13, 1436: 36, 1377: 12, 1310: 14, 1222: 69,
          1180: 47, 1092: 90, 1060: 48, 1034: 18, 1010: 45, 966: 14, 911: 24, 798: 40, 756: 36,
          720: 10, 698: 9},
    "AC": {2990: 36, 2938: 50, 2920: 25, 2872: 36, 2243: 11, 1732: 24, 1625: 140, 1452: 24,
           1356: 43, 1261: 31, 1228: 37, 1200: 28, 1169: 26, 1097: 60, 1072: 25, 1043: 40,
           1016: 15, 802: 95, 764: 40},
    "Ester": {3006: 12, 2954: 22, 2922: 28, 2916: 18, 2872: 60, 2853: 14, 2848: 11, 1743: 16,
              1736: 16, 1710: 20, 1654: 14, 1472: 8, 1463: 16, 1417: 25, 1377: 17, 1237: 70,
              1174: 18, 1160: 45, 1118: 14, 1097: 36, 1030: 100, 730: 8, 720: 16},
    "Carboxylate": {2956: 28, 2916: 21, 2893: 24, 2848: 13, 1622: 30, 1575: 17, 1540: 19,
                    1471: 13, 1463: 20, 1433: 40, 1419: 28, 1398: 20, 1379: 10, 1111: 15,
                    962: 13, 719: 14, 669: 20},
    "Quartz": {1159: 40, 1080: 60, 1058: 60, 797: 16, 778: 13, 694: 11},
    "Clay": {3694: 18, 3669: 20, 3652: 20, 3620: 11, 3400: 350, 1635: 80, 1114: 34, 1032: 30,
             1007: 34, 937: 24, 912: 26, 790: 24, 752: 24, 694: 22},
    "Chitin": {3428: 150, 3260: 90, 3102: 60, 2932: 50, 2876: 40, 1655: 26, 1621: 26, 1556: 34,
               1428: 34, 1376: 24, 1310: 26, 1260: 30, 1206: 22, 1156: 20, 1114: 30, 1070: 36,
               1026: 36, 1010: 26, 953: 26, 896: 20},
    "Humic": {3350: 400, 2950: 50, 2921: 29, 2852: 17, 1711: 74, 1620: 95, 1510: 25, 1460: 34,
              1421: 38, 1376: 50, 1225: 200, 1161: 23, 1125: 60, 1078: 80, 1035: 90},
    "Phthalate": {1726: 20, 1600: 8, 1580: 8, 1463: 24, 1380: 22, 1273: 28, 1122: 24, 1072: 20,
                  1039: 18, 742: 14},
    "Carbonate": {1420: 90, 874: 12, 712: 8},
    "Biofilm": {3290: 300, 2925: 40, 1645: 55, 1543: 50, 1450: 40, 1400: 50, 1240: 50, 1150: 50,
                1080: 60, 1036: 60},
    "Oxidation": {3400: 300, 1780: 22, 1735: 22, 1713: 26, 1640: 22, 1178: 90, 991: 10, 909: 10},
}

# Rows of the tables that are not simulated as separate bands: 1468 is the unresolved doublet
# 1472/1462, 1728 of PVC comes from the plasticiser that is mixed in.
_LEFT_OUT = {("PE", 1468), ("PVC", 1728)}

# Variation between samples of a polymer: band heights are multiplied by 1 + loading * z, with z
# between -1 and 1 for each sample.
_MODES = {
    "PE": {"crystallinity": {730: .7, 1472: .5, 719: -.15, 1462: -.15, 1440: -.5, 1368: -.6,
                             1303: -.8},
           "branching": {1377: .9}},
    "PP": {"crystallinity": {997: .35, 841: .35, 899: .35, 1219: .4, 808: .2, 1167: .15}},
    "PET": {"crystallinity": {1340: .5, 972: .45, 846: .45, 1371: -.6, 1043: -.5, 898: -.6,
                              1456: -.3, 1120: .15}},
    "PVC": {"crystallinity": {1427: .2, 1436: -.2, 637: -.3, 615: .2}},
    "PA": {"kind (6, 66)": {930: .6, 1263: .2, 1279: -.2, 1200: .2, 1172: -.3, 1120: -.4}},
    "PU": {"polyol (ether, ester)": {1107: .3, 1086: .1, 1140: -.3, 1163: -.2, 1728: -.1,
                                     2872: .2}},
    "ABS": {"butadiene": {966: .4, 910: .4, 1637: .4, 2920: .1, 2850: .1},
            "nitrile": {2237: .5}},
    "CE": {"water": {3338: .2, 3270: .2, 1640: .8}},
    "PEVA": {"vinyl acetate": {1739: .5, 1240: .5, 1020: .5, 1371: .4, 1105: .5, 1043: .5,
                               958: .5, 730: -.6}},
    "PLA": {"crystallinity": {922: .8, 957: -.5, 1209: .15, 1265: -.2}},
    "CA": {"water": {3470: .8, 1640: .7}, "acetate": {1738: .2, 1227: .15, 1368: .2, 3470: -.2}},
    "R": {"silica filler": {1222: .8, 1180: .8, 1092: .8, 1060: .7, 798: .8},
          "kaolin filler": {3694: .9, 3620: .9, 1034: .7, 1010: .9, 911: .5},
          "wax": {2918: .5, 2849: .6, 1464: .5, 720: .8},
          "styrene": {1602: .6, 1493: .6, 756: .6, 698: .6, 966: -.2}},
    "AC": {"ester": {1732: .2, 1228: .1, 1169: .1, 2243: -.1}},
    "Ester": {"wax": {2916: .9, 2848: .9, 1736: .9, 1472: .9, 1174: .9, 730: .9, 3006: -.9,
                      2922: -.9, 2853: -.9, 1743: -.9, 1654: -.9, 1417: -.9, 1237: -.9,
                      1160: -.9, 1118: -.9, 1097: -.9, 1030: -.9},
              "free acid": {1710: .9}},
    "Carboxylate": {"calcium, zinc": {1575: .7, 1433: .5, 1622: .9, 1540: -.1, 1398: -.9}},
    "Carbonate": {"calcite": {712: .6}},
    "Quartz": {"crystallinity": {797: .2, 778: .3, 694: .3}},
    "Clay": {"kaolin": {3694: .6, 3669: .6, 3652: .6, 937: .6, 912: .4, 3620: .2, 752: .4,
                        3400: -.8, 1635: -.8}},
    "Chitin": {"protein": {1655: .25, 1556: .2, 3260: .2}},
    "Humic": {"polysaccharide": {1035: .5, 1078: .5, 1125: .4, 1161: .4, 1711: -.3, 1620: -.1,
                                 1225: -.3},
              "aliphatic": {2950: .5, 2921: .5, 2852: .5, 1460: .2},
              "lignin": {1510: .5}},
    "Biofilm": {"polysaccharide": {1150: .6, 1080: .6, 1036: .6}},
}
# Additives of commercial polymers: (material, maximum height of its strongest band relative to the
# polymer's, share of the samples without it). Rigid PVC is filled with chalk, flexible PVC is
# plasticised; some rubber, and foam of PEVA, is filled with chalk.
_ADDITIVES = {
    "PVC": (("Phthalate", .8, 0.), ("Carbonate", .8, .5)),
    "PEVA": (("Carbonate", .4, .5),),
    "R": (("Carbonate", .5, .6), ("Phthalate", .4, .6)),
}

# Oxidation at weathering 1, heights relative to the strongest band. PE degrades by
# Norrish type II and forms vinyl groups, PP mostly ketones and hydroperoxides [Almond 2020;
# Gulmine 2003].
_OXIDATION = {
    "PE": {3400: .05, 1780: .03, 1735: .10, 1713: .22, 1640: .05, 1178: .06, 991: .02, 909: .05},
    "PP": {3400: .10, 1780: .08, 1735: .22, 1713: .36, 1640: .05, 1178: .08, 909: .01},
}


def simulate(polymers=SEVEN, n=100, *, wavenumbers=None, mode="atr", thickness=1., variation=1.,
             weathering=0., biofilm=0., scattering=0.01, baseline=0.01, atmosphere=0.003,
             resolution=8., noise=0.001, seed=0):
    """
    Simulate spectra of polymers and natural materials as a table in absorbance.

    See the module's docstring for their uses and limits. A spectrum is a sum of pseudo-Voigt
    bands at the positions of :data:`.bands.BANDS`, with heights such that the *sum* has the
    tabulated heights. Each row is a different sample: conformation and crystallinity,
    plasticiser and chalk (PVC), thickness, small shifts and gains differ.

    Parameters
    ----------
    polymers : sequence of str
        Classes, in this order; codes, names or synonyms of :data:`ALL_POLYMERS` or
        :data:`NATURAL`.
    n : int
        Spectra of each polymer.
    wavenumbers : array_like, shape (p,), optional
        Ascending, cm-1. 600 to 4000 in steps of 4 by default.
    mode : {"atr", "transmission"}
        The tables hold ATR heights. The penetration depth of ATR is proportional to
        1/wavenumber, so transmission heights are these times the wavenumber
        (Harrick, Internal Reflection Spectroscopy, 1967).
    thickness : float
        Amount in the beam (contact, in ATR). At 1 the strongest band has an absorbance
        of 0.3, which varies by about a third between samples; far above 3 bands flatten.
    variation : float
        Differences between samples of one polymer: 0 for none, 1 for the usual size.
    weathering : float
        0 (pristine) to 1 (brittle): degree of oxidation of PE and PP; each sample has between
        half of it and all of it. Other polymers are not changed.
    biofilm : float
        0 to 1: share of biofilm (protein, polysaccharide) in the signal; each sample has
        between half of it and all of it.
    scattering, baseline, atmosphere : float
        Sizes in absorbance: slope towards high wavenumbers, smooth drift, strongest line of CO2
        and of water vapour (of either sign, as after imperfect background correction).
    resolution : float
        Of the instrument, cm-1.
    noise : float
        Standard deviation in absorbance, twice that where diamond absorbs (ATR, 1900-2300).
    seed : int
        The same seed gives the same spectra. Each effect has its own random stream: changing
        the noise, for example, changes nothing but the noise, and a polymer's spectra do not
        depend on the other polymers chosen.

    Returns
    -------
    Table, shape (len(polymers) * n, p)
        Class `polymer`; metas `sample`, `study`, `environmental`, `source`, as published sets
        have them. `environmental` is "yes" with weathering or biofilm.

    Raises
    ------
    ValueError
        For an unknown polymer (the message lists those available), or a number out of range.
    """
    codes = polymer_codes(polymers)
    axis = _axis(wavenumbers)
    n = _count(n)
    if mode not in ("atr", "transmission"):
        raise ValueError(f"The mode is 'atr' or 'transmission', not '{mode}'.")
    for name, value in (("weathering", weathering), ("biofilm", biofilm)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name.capitalize()} goes from 0 to 1, not {value}.")
    for name, value in (("thickness", thickness), ("resolution", resolution)):
        if not 0 < value < np.inf:
            raise ValueError(f"The {name} must be above 0, not {value}.")
    for name, value in (("variation", variation), ("scattering", scattering),
                        ("baseline", baseline), ("atmosphere", atmosphere), ("noise", noise)):
        if not 0 <= value < np.inf:
            raise ValueError(f"The {name} must be 0 or more, not {value}.")

    X = np.empty((len(codes) * n, len(axis)))
    for k, code in enumerate(codes):
        streams = np.random.SeedSequence([int(seed) % 2 ** 32, crc32(code.encode())]).spawn(7)
        samples, weather, film, drift, slope, air, grain = map(np.random.default_rng, streams)
        clean = _samples(code, n, axis, mode, resolution, variation, weathering, weather, samples)
        # Drawn even if biofilm is 0, so that the stream does not depend on the setting.
        share = biofilm * film.uniform(.5, 1., (n, 1))
        clean = (1 - share) * clean + share * _pure("Biofilm", axis, mode, resolution)
        amount = thickness * np.exp(variation * .3 * samples.standard_normal((n, 1)))
        absorbance = TYPICAL_ABSORBANCE * amount * clean
        absorbance = -np.log10((10 ** -absorbance + STRAY_LIGHT) / (1 + STRAY_LIGHT))
        absorbance += scattering * lineshapes.scattering(axis, n, slope)
        absorbance += baseline * lineshapes.baselines(axis, n, drift)
        gases = np.stack([lineshapes.carbon_dioxide(axis, resolution),
                          lineshapes.water_vapour(axis, resolution)])
        absorbance += atmosphere * air.standard_normal((n, 2)) @ gases
        grains = noise * grain.standard_normal((n, len(axis)))
        if mode == "atr":
            grains[:, (axis > 1900) & (axis < 2300)] *= 2
        X[k * n:(k + 1) * n] = absorbance + grains
    return _table(X, axis, codes, n, weathering > 0 or biofilm > 0)


def _samples(code, n, axis, mode, resolution, variation, weathering, weather, rng):
    """Clean spectra of `n` samples, strongest band of the polymer about 1; shape (n, p)."""
    centres, widths, heights = peaks(code)
    scale = _intensity(centres, mode)
    top = _top(code, mode)
    widths = lineshapes.broadened(widths, resolution)
    # A broadened band keeps its area. The tables were measured at 8 cm-1.
    heights = heights * lineshapes.broadened(_widths(code), 8.) / widths
    weathered = weathering * weather.uniform(.5, 1., n)

    modes = _MODES.get(code, {})
    z = rng.uniform(-1, 1, (len(modes), n))
    if "branching" in modes:  # Branched chains crystallise less.
        z[1] = np.clip(-.7 * z[0] + .5 * z[1], -1, 1)
    z = variation * z
    if code in _OXIDATION:  # Chains cut short by oxidation crystallise further.
        z[0] = np.clip(z[0] + .5 * weathered, -1.2, 1.2)
    gains = np.ones((n, len(centres)))
    for loadings, zs in zip(modes.values(), z, strict=True):
        gains *= np.clip(1 + zs[:, None] * [loadings.get(int(c), 0.) for c in centres], 0, None)
    gains *= np.exp(variation * .06 * rng.standard_normal(gains.shape))
    amounts = gains * heights * scale / top

    # Shifts are small compared with widths, so the first-order expansion in the shape's derivative
    # suffices, and matrix products compute it.
    shapes = lineshapes.pseudo_voigt(axis, centres, widths)
    ahead = lineshapes.pseudo_voigt(axis, centres + .5, widths)
    back = lineshapes.pseudo_voigt(axis, centres - .5, widths)
    shifts = variation * .3 * rng.standard_normal(gains.shape)
    spectra = amounts @ shapes + (amounts * shifts) @ (ahead - back)

    for other, most, without in _ADDITIVES.get(code, ()):
        u = rng.uniform(0, 1, (n, 1))
        share = np.clip((u - without) / (1 - without), 0, None)
        mean = (1 - without) / 2
        amount = most * np.clip(mean + variation * (share - mean), 0, None)
        spectra += amount * _pure(other, axis, mode, resolution)
    if code in _OXIDATION:
        at = np.array(list(_OXIDATION[code]), dtype=float)
        products = np.array(list(_OXIDATION[code].values())) * _intensity(at, mode) / top
        shapes = lineshapes.pseudo_voigt(
            axis, at, lineshapes.broadened([_WIDTHS["Oxidation"][int(c)] for c in at], resolution))
        spread = np.exp(variation * .15 * weather.standard_normal((n, len(at))))
        spectra += (weathered[:, None] * spread * products) @ shapes
    # Pressure, orientation and the instrument's response change heights smoothly.
    return spectra * np.exp(variation * .08 * lineshapes.smooth_gains(axis, n, rng))


def peaks(code):
    """
    Return the bands of a material's simulated spectrum.

    Returns
    -------
    centres, widths, heights : ndarray, shape (b,)
        cm-1, cm-1 (full width at half maximum), and ATR heights on the scale of BANDS. The
        heights are fitted by non-negative least squares such that the sum of the bands,
        broadened to the 8 cm-1 at which the tables were measured, has the tabulated heights.
    """
    bands = _bands(code)
    centres = np.array([band.wavenumber for band in bands])
    widths = _widths(code)
    overlap = lineshapes.pseudo_voigt(centres, centres, lineshapes.broadened(widths, 8.)).T
    heights, _ = nnls(overlap, np.array([band.height for band in bands]))
    return centres, widths, heights


def _bands(code):
    return [band for band in BANDS[code]
            if band.height is not None and (code, band.wavenumber) not in _LEFT_OUT]


def _widths(code):
    own = _WIDTHS.get(code, {})
    return np.array([
        own.get(int(band.wavenumber))
        or next(width for pattern, width in _WIDTH_RULES if pattern.search(band.assignment))
        for band in _bands(code)], dtype=float)


def _intensity(wavenumbers, mode):
    return wavenumbers / 1000. if mode == "transmission" else np.ones_like(wavenumbers)


def _top(code, mode):
    """Height of the strongest tabulated band."""
    bands = _bands(code)
    heights = np.array([band.height for band in bands])
    return (heights * _intensity(np.array([band.wavenumber for band in bands]), mode)).max()


def _pure(code, axis, mode, resolution):
    """Spectrum of an admixture, without variation, strongest band about 1; shape (p,)."""
    centres, widths, heights = peaks(code)
    shapes = lineshapes.pseudo_voigt(axis, centres, lineshapes.broadened(widths, resolution))
    return heights * _intensity(centres, mode) / _top(code, mode) @ shapes


def polymer_codes(polymers: str | Iterable[str]) -> list[str]:
    """Codes of polymers and natural materials by any of their names, each once.

    Raises
    ------
    ValueError
        For a material that cannot be simulated.
    """
    if isinstance(polymers, str):
        polymers = [polymers]
    available = (*ALL_POLYMERS, *NATURAL)
    codes = {}
    for name in polymers:
        code = material_code(name)
        if code not in available:
            raise ValueError(f"Cannot simulate '{name}'; available: {', '.join(available)}.")
        codes[code] = True
    if not codes:
        raise ValueError(f"Choose at least one polymer of {', '.join(available)}.")
    return list(codes)


def _count(n):
    if int(n) != n or n < 1:
        raise ValueError(f"The number of spectra of each polymer is 1 or more, not {n}.")
    return int(n)


def _axis(wavenumbers):
    if wavenumbers is None:
        return uniform_grid(600., 4000., 4.)
    axis = np.asarray(wavenumbers, dtype=float)
    if axis.ndim != 1 or len(axis) < 2 or not np.all(np.diff(axis) > 0) or not axis[0] > 0:
        raise ValueError("Wavenumbers must be two or more positive numbers of cm-1, ascending.")
    return axis


def _table(X, axis, codes, n, environmental):
    domain = Domain(
        [ContinuousVariable(name_of(w)) for w in axis],
        painted(DiscreteVariable("polymer", values=codes)),
        [StringVariable("sample"), DiscreteVariable("study", values=("Simulated",)),
         DiscreteVariable("environmental", values=("no", "yes")), StringVariable("source")])
    metas = np.array([[f"{code} {i + 1}", 0., float(environmental), f"Simulated/{code} {i + 1}"]
                      for code in codes for i in range(n)], dtype=object)
    table = Table.from_numpy(domain, X, np.repeat(np.arange(len(codes)), n).astype(float), metas)
    table.name = "Simulated polymers"
    return table
