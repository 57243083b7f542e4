import numpy as np
import pytest
from Orange.data import ContinuousVariable, DiscreteVariable, Domain, StringVariable, Table

from orangecontrib.microplastics.materials.contaminants import (
    CONTAMINANTS,
    additive_bands,
    additives_of,
    contaminants_beside,
)
from orangecontrib.microplastics.mixing.mixer import (
    Mixer,
    Mixing,
    TransmittanceError,
    combination_name,
    component_means,
    count,
    mix,
    parse_ratios,
    split_sources,
)
from orangecontrib.microplastics.spectra import splits as sources

AXIS = np.arange(700, 1901, 8.)
CLEAN = {"baseline": (), "noise": 0}


def pure(classes=("PP", "PE", "PS"), per_source=2, per_class=6, axis=AXIS, study=None):
    """Absorbance with different bands for each class, and `per_source` spectra per source."""
    rng = np.random.default_rng(5)
    X, y, source = [], [], []
    for label in range(len(classes)):
        centres = np.random.default_rng(label).uniform(750, 1850, 5)
        for number in range(per_class):
            if number % per_source == 0:
                heights = rng.uniform(.3, 1, 5)
            shape = (heights[:, None] * np.exp(-.5 * ((axis - centres[:, None]) / 15) ** 2)).sum(0)
            X.append(.1 + rng.uniform(.5, 2) * shape + rng.normal(0, .001, len(axis)))
            y.append(label)
            source.append(f"{classes[label]}-{number // per_source}")
    metas = [StringVariable("sample"), StringVariable("source")]
    values = np.array([[f"s{i}" for i in range(len(X))], source], object).T
    if study is not None:
        metas.append(DiscreteVariable("study", sorted(set(study))))
        codes = [sorted(set(study)).index(s) for s in study]
        values = np.column_stack([values, np.array(codes, float).astype(object)])
    domain = Domain([ContinuousVariable(f"{w:g}") for w in axis],
                    DiscreteVariable("polymer", classes), metas)
    table = Table.from_numpy(domain, np.array(X), np.array(y, float), values)
    table.name = "pure"
    return table


def meta(table, name):
    return table.get_column(table.domain[name])


def fractions(table, names):
    return np.column_stack([meta(table, f"fraction {name}") for name in names]).astype(float)


def rescaled(data, ratio):
    """Independent implementation of the scaling: minimum 0, rms of absorbance or of slope 1."""
    X = data.X - data.X.min(axis=1)[:, None]
    heights = np.array([np.sqrt((x ** 2).mean()) for x in X])
    if ratio == "absorbance":
        return X / heights[:, None]
    slopes = np.array([np.sqrt((((x[2:] - x[:-2]) / 16) ** 2).mean()) for x in X])
    return X / slopes[:, None] * np.median(slopes / heights)


class TestLinearity:
    @pytest.mark.parametrize("ratio", ["absorbance", "derivative"])
    def test_mixture_is_the_weighted_sum_of_scaled_sources(self, ratio):
        data = pure()
        scaled = dict(zip(meta(data, "sample"), rescaled(data, ratio), strict=True))
        classes = dict(zip(meta(data, "sample"), map(str, (r.get_class() for r in data)),
                           strict=True))
        out = mix(data, 60, components=(2, 3), ratio=ratio, **CLEAN)
        for row, samples in zip(out, meta(out, "samples"), strict=True):
            parts = samples.split(" + ")
            expected = sum(row[f"fraction {classes[s]}"].value * scaled[s] for s in parts)
            np.testing.assert_allclose(row.x, expected, atol=2e-5)

    def test_equal_fractions_by_derivative_have_equal_slopes(self):
        # A spectrum with a large sloped baseline must not swamp its partner.
        data = pure(per_class=1)
        with data.unlocked(data.X):
            data.X[0] += 3 + np.linspace(0, 3, len(AXIS))
        by = {ratio: Mixer(data, Mixing(ratio=ratio, fractions=((.5, .5),), **CLEAN)).draw(
            0, ("PE", "PP")) for ratio in ("absorbance", "derivative")}
        slope = {ratio: np.sqrt(((drawn.components[:, 2:] - drawn.components[:, :-2]) ** 2)
                                .mean(axis=1)) for ratio, drawn in by.items()}
        assert slope["derivative"][0] == pytest.approx(slope["derivative"][1], rel=1e-4)
        assert slope["absorbance"].max() > 1.3 * slope["absorbance"].min()
        # PP has the baseline, so scaling by absorbance reduces its bands.
        assert slope["absorbance"][1] < slope["absorbance"][0]

    def test_column_order_of_the_input_is_kept(self):
        data = pure()
        reverse = data[:, list(data.domain.attributes[::-1]) + list(data.domain.class_vars)
                       + list(data.domain.metas)]
        straight, turned = mix(data, 12), mix(reverse, 12)
        assert turned.domain.attributes == data.domain.attributes[::-1]
        np.testing.assert_allclose(straight.X, turned.X[:, ::-1])

    def test_missing_values_are_interpolated(self):
        data = pure()
        gap = data.copy()
        with gap.unlocked(gap.X):
            gap.X[:, 40] = (gap.X[:, 39] + gap.X[:, 41]) / 2
        expected = mix(gap, 20, **CLEAN).X
        with gap.unlocked(gap.X):
            gap.X[:, 40] = np.nan
        np.testing.assert_allclose(mix(gap, 20, **CLEAN).X, expected, atol=1e-6)

    def test_other_columns_take_no_part(self):
        data = pure()
        weight = ContinuousVariable("weight")
        more = data.transform(Domain((weight, *data.domain.attributes), data.domain.class_var,
                                     data.domain.metas))
        out = mix(more, 12)
        assert out.domain.attributes == data.domain.attributes
        assert np.isfinite(out.X).all()


class TestFractions:
    names = ("PE", "PP", "PS")

    def test_any_ratio_is_uniform_between_the_limits(self):
        out = mix(pure(self.names[:2]), 4000, pure=False, smallest=.1)
        f = fractions(out, self.names[:2])
        np.testing.assert_allclose(f.sum(axis=1), 1, atol=1e-6)
        assert f.min() >= .1 - 1e-6 and f.max() <= .9 + 1e-6
        counts, _ = np.histogram(f[:, 0], np.linspace(.1, .9, 9))
        assert counts.min() > 400 and counts.max() < 600

    def test_three_components_share_alike(self):
        f = fractions(mix(pure(), 3000, components=3, pure=False, smallest=.2), self.names)
        assert f.min() >= .2 - 1e-6
        np.testing.assert_allclose(f.mean(axis=0), 1 / 3, atol=.01)

    def test_grid_is_used_evenly(self):
        out = mix(pure(self.names[:2]), 90, pure=False, fractions=.1)
        values, counts = np.unique(fractions(out, self.names[:2])[:, 0].round(6),
                                   return_counts=True)
        np.testing.assert_allclose(values, np.arange(1, 10) / 10)
        assert (counts == 10).all()

    def test_grid_respects_the_smallest_fraction(self):
        assert len(Mixing(fractions=.1, smallest=.3).grid(2)) == 5
        np.testing.assert_allclose(sorted(Mixing(fractions=.25, components=3).grid(3).tolist()),
                                   [[.25, .25, .5], [.25, .5, .25], [.5, .25, .25]])

    def test_fixed_ratio_follows_the_order_in_the_name(self):
        out = mix(pure(), 30, pure=False, fractions=parse_ratios("1:3"))
        for row in out:
            first, second = str(row.get_class()).split(" + ")
            assert row[f"fraction {first}"] == pytest.approx(.25)
            assert row[f"fraction {second}"] == pytest.approx(.75)

    def test_pure_spectra_are_whole(self):
        f = fractions(mix(pure(), 60, fractions=parse_ratios("1:1")), self.names)
        whole = f.max(axis=1) == 1
        assert whole.sum() == 30 and (f[whole].sum(axis=1) == 1).all()

    def test_ratios_as_people_write_them(self):
        assert parse_ratios("1:9, 1:1; 1:2:1") == ((.1, .9), (.5, .5), (.25, .5, .25))
        for wrong in ("", "1", "1:x", "0:1", "1:-2", "1:inf", "1:nan"):
            with pytest.raises(ValueError):
                parse_ratios(wrong)

    @pytest.mark.parametrize("settings, message", [
        ({"components": 3, "smallest": .4}, "cannot sum to 1"),
        ({"fractions": .3}, "cannot sum to 1"),
        ({"fractions": .5, "components": 3}, "cannot sum to 1"),
        ({"fractions": ((.3, .3),)}, "0.3, 0.3 cannot be used"),
        ({"fractions": ((0., 1.),)}, "positive"),
        ({"fractions": ((.5, .5),), "components": 3}, "No ratio of 3 parts"),
        ({"smallest": 0}, "between 0 and 1"),
    ])
    def test_impossible_fractions_are_refused(self, settings, message):
        with pytest.raises(ValueError, match=message):
            Mixing(**settings)


class TestBookkeeping:
    def test_class_fractions_sources_and_samples_agree(self):
        data = pure()
        source_of = dict(zip(meta(data, "sample"), meta(data, "source"), strict=True))
        out = mix(data, 120, components=(2, 3))
        for row in out:
            members = str(row.get_class()).split(" + ")
            there = [n for n in ("PE", "PP", "PS") if row[f"fraction {n}"] > 0]
            assert members == there
            samples = row["samples"].value.split(" + ")
            assert [source_of[s].split("-")[0] for s in samples] == members
            assert row["sources"] == " + ".join(source_of[s] for s in samples)

    def test_numbers_are_even_and_told_beforehand(self):
        data = pure()
        out = mix(data, 61, components=(2, 3))
        counts = np.bincount(out.Y.astype(int), minlength=7)
        assert counts.sum() == 61 and set(counts) == {8, 9}
        assert count(data, 61, components=(2, 3)) == (7, 61)
        kinds, n = count(data, components=2, per_combination=4)
        assert (kinds, n) == (6, 24)
        out = mix(data, components=2, per_combination=4)
        assert (np.bincount(out.Y.astype(int)) == 4).all() and len(out) == n

    def test_rows_are_shuffled(self):
        assert (np.diff(mix(pure(), 60).Y) != 0).sum() > 20

    def test_only_chosen_blends(self):
        data = pure()
        settings = {"blends": [("PP", "PE"), ("PS", "unknown")], **CLEAN}
        table = mix(data, 60, **settings)
        assert table.domain.class_var.values == ("PE", "PP", "PS", "PE + PP")
        assert count(data, 60, **settings) == (4, 60)
        assert np.bincount(table.Y.astype(int)).tolist() == [15] * 4

    def test_share_of_single_materials(self):
        for share, pure_each, pair_each in ((.5, 20, 20), (.8, 32, 8)):
            table = mix(pure(), 120, pure_share=share, **CLEAN)
            counts = np.bincount(table.Y.astype(int)).tolist()
            assert counts == [pure_each] * 3 + [pair_each] * 3
        # There is nothing to share out without pure spectra, or without mixtures.
        assert len(mix(pure(), 30, pure_share=.5, pure=False, **CLEAN)) == 30
        assert len(mix(pure(), 30, pure_share=.5, components=1, **CLEAN)) == 30

    def test_a_blend_is_one_whatever_its_order_and_number(self):
        blends = [("PP", "PE"), ("PE", "PP"), ("PE", "PS", "PP")]
        table = mix(pure(), 50, components=(2, 3), blends=blends, **CLEAN)
        assert table.domain.class_var.values == ("PE", "PP", "PS", "PE + PP", "PE + PP + PS")
        assert count(pure(), 50, components=(2, 3), blends=blends) == (5, 50)
        # Blends of another number of components than asked for are not made.
        assert count(pure(), 50, components=2, blends=blends)[0] == 4
        assert count(pure(), components=2, blends=blends, per_combination=3) == (4, 12)
        assert count(pure(), 50, components=2, blends=blends, pure=False) == (1, 50)

    @pytest.mark.parametrize("blends", [[], [("PE", "unknown")], [("PE", "PE")]])
    def test_nothing_to_make(self, blends):
        for make in (mix, count):
            with pytest.raises(ValueError, match="None of the mixtures .* PE, PP, PS"):
                make(pure(), 30, blends=blends, pure=False)

    def test_each_combination_is_made_whatever_the_share(self):
        for share, counts in ((.01, [1, 1, 1]), (.99, [5, 6, 6])):
            table = mix(pure(), 20, pure_share=share, **CLEAN)
            found = np.bincount(table.Y.astype(int), minlength=6)
            assert found.min() == 1 and found.sum() == 20
            assert sorted(found[:3]) == counts

    @pytest.mark.parametrize("share", [0, 1, 1.5])
    def test_impossible_share(self, share):
        with pytest.raises(ValueError, match="share of single materials"):
            Mixing(pure_share=share)

    def test_fewer_spectra_than_combinations_are_refused(self):
        with pytest.raises(ValueError, match="5 spectra are too few for 6 combinations"):
            mix(pure(), 5)

    def test_only_chosen_classes(self):
        out = mix(pure(), 30, classes=["PS", "PE"])
        assert out.domain.class_var.values == ("PE", "PS", "PE + PS")
        assert "fraction PP" not in out.domain
        with pytest.raises(ValueError, match='no spectrum of "PVC"'):
            mix(pure(), 30, classes=["PVC", "PE"])

    def test_class_without_spectra_makes_no_combination(self):
        data = pure()
        out = mix(data[data.Y != 1], 9)
        assert out.domain.class_var.values == ("PP", "PS", "PP + PS")

    def test_names_do_not_depend_on_the_order_of_values(self):
        one, two = (mix(pure(order), 30).domain.class_var
                    for order in (("PP", "PE", "PS"), ("PS", "PP", "PE")))
        assert one.values == two.values == ("PE", "PP", "PS", "PE + PP", "PE + PS", "PP + PS")

    def test_odd_names(self):
        assert combination_name(["PS", "PE + PP"]) == "(PE + PP) + PS"
        names = ("PE", "PP", "PE + PP", "poly, \"x\"", "a+b")
        values = mix(pure(names), 200).domain.class_var.values
        assert len(set(values)) == 15
        assert "PE + PP" in values and "(PE + PP)" in values
        with pytest.raises(ValueError, match='"\\(x \\+ y\\)".*rename'):
            mix(pure(("x + y", "(x", "y)")), 30)

    def test_targets(self):
        data = pure()
        main = mix(data, 60, target="main")
        assert main.domain.class_var == data.domain.class_var
        f = fractions(main, ("PE", "PP", "PS"))
        assert [str(r.get_class()) for r in main] == [("PE", "PP", "PS")[i] for i in f.argmax(1)]
        present = mix(data, 60, target="PE")
        assert present.domain.class_var.values == ("no", "yes")
        np.testing.assert_array_equal(present.Y, fractions(present, ["PE"])[:, 0] > 0)
        with pytest.raises(ValueError, match='"PVC"'):
            mix(data, 60, target="PVC")

    def test_instances_serve_as_sources_where_none_are_named(self):
        data = pure()
        bare = data.transform(Domain(data.domain.attributes, data.domain.class_var))
        out = mix(bare, 30)
        ids = {f"#{i}" for i in bare.ids}
        assert {s for text in meta(out, "sources") for s in text.split(" + ")} <= ids

    def test_source_may_be_another_meta(self):
        out = mix(pure(), 12, by="sample")
        assert list(meta(out, "sources")) == list(meta(out, "samples"))
        with pytest.raises(ValueError, match='"specimen"'):
            mix(pure(), 12, by="specimen")

    def test_large_studies_do_not_stand_for_the_class(self):
        # PE: 16 spectra of study A, 1 of study B; by 1/sqrt(size) B counts a fifth.
        data = pure(("PE",), per_source=1, per_class=17, study=["A"] * 16 + ["B"])
        for balance, share in ((True, .2), (False, 1 / 17)):
            out = mix(data, 4000, components=1, balance=balance)
            assert (meta(out, "samples") == "s16").mean() == pytest.approx(share, abs=.025)

    def test_components_are_the_scaled_means(self):
        data = pure()
        means = component_means(data)
        assert means.domain.attributes == data.domain.attributes
        assert [str(r.get_class()) for r in means] == ["PE", "PP", "PS"]
        scaled = rescaled(data, "absorbance")
        for row in means:
            own = np.equal(data.Y, row.y)
            np.testing.assert_allclose(row.x, scaled[own].mean(axis=0), atol=1e-5)


class TestSeeds:
    everything = {"variation": 1, "contaminants": True, "additives": True,
                  "baseline": (.3, .2, .15, .3), "atmosphere": 1, "cut": True, "components": (2, 3)}

    def test_equal_seeds_give_equal_tables(self):
        data = pure()
        one, two, other = (mix(data, 1200, seed=s, **self.everything) for s in (3, 3, 4))
        np.testing.assert_array_equal(one.X, two.X)
        np.testing.assert_array_equal(one.metas, two.metas)
        assert (one.X != other.X).any()
        assert np.isfinite(one.X).all()

    def test_global_random_state_is_left_alone(self):
        np.random.seed(1)
        before = np.random.get_state()[1].copy()
        mix(pure(), 30, **self.everything)
        split_sources(pure())
        np.testing.assert_array_equal(np.random.get_state()[1], before)

    def test_input_is_left_alone(self):
        data = pure()
        before = data.X.copy()
        mix(data, 30, **self.everything)
        np.testing.assert_array_equal(data.X, before)

    def test_callback_sees_progress_and_can_stop(self):
        seen = []
        mix(pure(), 1700, callback=seen.append)
        assert seen[0] == 0 and seen[-1] == 1 and len(seen) >= 4
        assert seen == sorted(seen)

        class Stop(Exception):
            pass

        def stop(fraction):
            if fraction > .3:
                raise Stop
        with pytest.raises(Stop):
            mix(pure(), 1700, callback=stop)


class TestDisturbances:
    def test_contaminants_stand_at_their_wavenumbers_and_are_named(self):
        # In a class whose only band is a line at 700, additions are visible.
        data = pure(("PE",), per_class=1)
        with data.unlocked(data.X):
            data.X[:] = np.exp(-.5 * ((AXIS - 700) / 5) ** 2)
        for name, place in (("carbonyl", 1715), ("carbonate", 1420), ("silicate", 1020)):
            out = mix(data, 300, components=1, contaminants=[name], contaminated=.5, **CLEAN)
            named = meta(out, "contaminants") == name
            assert .4 < named.mean() < .6
            added = out.X - out.X[~named][0]
            np.testing.assert_allclose(added[~named], 0, atol=1e-6)
            assert (np.abs(AXIS[added[named].argmax(axis=1)] - place) <= 8).all(), name

    def test_half_of_the_pvc_is_plasticised_and_says_so(self):
        data = pure(("PS", "PVC"))
        plain = mix(data, 600, components=2, **CLEAN)
        assert "contaminants" not in plain.domain
        out = mix(data, 600, components=2, additives=True, **CLEAN)
        named = meta(out, "contaminants")
        families = {additive.name for additive in additives_of("PVC")}
        assert {"", "plasticiser (phthalate)", "plasticiser (adipate)"} <= set(named)
        assert set(named) <= {"", *families}
        holds = named != ""
        vinyl = np.array(out.get_column("fraction PVC"), float)
        assert not holds[vinyl == 0].any()
        assert holds[vinyl > 0].mean() == pytest.approx(.5, abs=.08)
        # Neither polymer has a band of this height at 1273 cm-1, nor have other families.
        at = np.abs(AXIS - 1273).argmin()
        phthalate = named == "plasticiser (phthalate)"
        assert phthalate.sum() > holds.sum() / 2
        rest = (vinyl > 0) & ~holds
        assert out.X[phthalate & (vinyl > .5), at].mean() > \
            1.5 * out.X[rest & (vinyl > .5), at].mean()
        # With a contaminant, both are named.
        both = mix(data, 400, components=1, additives=True, contaminants=["amide"],
                   contaminated=1, **CLEAN)
        assert {"amide", "amide + plasticiser (phthalate)"} <= set(meta(both, "contaminants"))
        assert set(meta(both, "contaminants")) <= {
            "amide", *(f"amide + {name}" for name in families)}

    def test_the_family_named_is_the_one_added(self):
        # In a class whose only band is a line at 700, additions are visible.
        data = pure(("PVC",), per_class=1)
        with data.unlocked(data.X):
            data.X[:] = np.exp(-.5 * ((AXIS - 700) / 5) ** 2)
        out = mix(data, 600, components=1, additives=True, **CLEAN)
        named = meta(out, "contaminants")
        kinds = additives_of("PVC")
        assert set(named) == {"", *(kind.name for kind in kinds)}
        added = out.X - out.X[named == ""][0]
        np.testing.assert_allclose(added[named == ""], 0, atol=1e-6)
        for kind, bands in zip(kinds, additive_bands(AXIS, kinds), strict=True):
            rows = added[named == kind.name]
            amounts = rows @ bands / (bands @ bands)
            np.testing.assert_allclose(rows, amounts[:, None] * bands, atol=1e-4)
            assert amounts.min() > 0 and amounts.max() <= kind.height

    def test_additives_of_other_polymers_are_unknown(self):
        data = pure()
        np.testing.assert_array_equal(mix(data, 60, additives=True, **CLEAN).X,
                                      mix(data, 60, **CLEAN).X)

    def test_variation_keeps_the_fractions(self):
        drawn = [Mixer(pure(), Mixing(variation=1, **CLEAN)).draw(seed) for seed in range(20)]
        for mixture in drawn:
            rms = np.sqrt((mixture.components ** 2).mean(axis=1))
            np.testing.assert_allclose(rms, mixture.fractions, rtol=1e-4)
        plain = Mixer(pure(), Mixing(**CLEAN)).draw(0)
        assert np.abs(drawn[0].total - plain.total).max() > .05

    def test_noise_and_baseline_are_of_the_size_asked(self):
        data = pure(("PE",), per_class=1)
        clean = mix(data, 1, components=1, **CLEAN).X[0]
        noisy = mix(data, 400, components=1, baseline=(), noise=.1).X - clean
        np.testing.assert_allclose(noisy.mean(), 0, atol=2e-3)
        assert noisy.std(axis=1).min() > .015 and .18 < noisy.std(axis=1).max() < .25
        sloped = mix(data, 400, components=1, baseline=(.3,), noise=0).X - clean
        np.testing.assert_allclose(sloped[:, -1].std(), .3, rtol=.15)
        np.testing.assert_allclose(sloped[:, 0], -sloped[:, -1], atol=1e-5)


class TestDrawn:
    def test_picture_shows_what_the_table_would_hold(self):
        mixer = Mixer(pure(), Mixing(components=(2, 3), **CLEAN))
        drawn = mixer.draw(1)
        assert len(drawn.names) == 3 and drawn.components.shape == (3, len(AXIS))
        np.testing.assert_allclose(drawn.components.sum(axis=0), drawn.total, atol=1e-6)
        np.testing.assert_array_equal(drawn.spectrum, drawn.total)
        assert drawn.fractions.sum() == pytest.approx(1)
        np.testing.assert_array_equal(drawn.wavenumbers, AXIS)
        assert all(s.startswith(n) for n, s in zip(drawn.names, drawn.sources, strict=True))
        # The mixture is the sum of the scaled source spectra, weighted by the fractions.
        data = pure()
        scaled = dict(zip(meta(data, "source"), rescaled(data, "absorbance"), strict=True))
        assert set(drawn.sources) <= set(scaled)

    def test_disturbances_are_in_the_spectrum_alone(self):
        drawn = Mixer(pure(), Mixing(noise=.1)).draw(2)
        np.testing.assert_allclose(drawn.components.sum(axis=0), drawn.total, atol=1e-6)
        assert np.abs(drawn.spectrum - drawn.total).max() > .02

    def test_seed_and_choice(self):
        mixer = Mixer(pure(), Mixing(contaminants=True, contaminated=1))
        np.testing.assert_array_equal(mixer.draw(4).spectrum, mixer.draw(4).spectrum)
        assert (mixer.draw(None).spectrum != mixer.draw(None).spectrum).any()
        drawn = mixer.draw(0, ("PS", "PE"))
        assert drawn.names == ("PE", "PS")
        assert set(drawn.contaminants) <= set(CONTAMINANTS)
        soft = {Mixer(pure(("PVC", "PE")), Mixing(additives=True)).draw(seed).contaminants
                for seed in range(20)}
        assert {("", ""), ("", "plasticiser (phthalate)")} <= soft
        assert soft <= {("", ""), *(("", kind.name) for kind in additives_of("PVC"))}
        with pytest.raises(ValueError, match="PE \\+ PP \\+ PS"):
            mixer.draw(0, ("PE", "PP", "PS"))

    def test_of_the_chosen_blends_the_largest(self):
        mixer = Mixer(pure(), Mixing(components=(2, 3), blends=[("PE", "PS")]))
        assert {mixer.draw(seed).names for seed in range(5)} == {("PE", "PS")}
        none = Mixer(pure(), Mixing(blends=[]))
        assert {len(none.draw(seed).names) for seed in range(5)} == {1}
        with pytest.raises(ValueError, match="PE \\+ PP is not"):
            mixer.draw(0, ("PE", "PP"))


class TestErrors:
    def test_transmittance_is_never_mixed(self):
        data = pure()
        for percent in (1, 100):
            with data.unlocked(data.X):
                data.X[:] = percent * 10 ** -pure().X
            with pytest.raises(TransmittanceError, match="convert"):
                mix(data, 30)

    def test_data_without_class_or_spectra(self):
        data = pure()
        with pytest.raises(ValueError, match="categorical class"):
            mix(data.transform(Domain(data.domain.attributes)), 30)
        with pytest.raises(ValueError, match="wavenumbers"):
            mix(Table("iris"), 30)
        with pytest.raises(ValueError, match="too few for spectra"):
            mix(data[:, list(data.domain.attributes[:4]) + list(data.domain.class_vars)], 30)
        with pytest.raises(ValueError, match="no spectrum with a known class"):
            mix(data[:0], 30)

    def test_fewer_classes_than_components(self):
        with pytest.raises(ValueError, match="4 components.*3: PE, PP, PS"):
            mix(pure(), 100, components=4)

    def test_rows_without_class_take_no_part(self):
        data = pure()
        with data.unlocked(data.Y):
            data.Y[0] = np.nan
        out = mix(data, 600)
        assert not any("s0" in text.split(" + ") for text in meta(out, "samples"))

    def test_empty_and_constant_spectra_are_named_by_row(self):
        for value, message in ((np.nan, "empty .*row 4"), (.3, "constant .*row 4")):
            data = pure()
            with data.unlocked(data.X):
                data.X[3] = value
            with pytest.raises(ValueError, match=message):
                mix(data, 30)

    @pytest.mark.parametrize("settings", [
        {"components": 0}, {"components": ()}, {"ratio": "mass"}, {"noise": -1},
        {"atmosphere": -1}, {"variation": 3}, {"contaminated": 2}, {"baseline": (1,) * 5},
        {"contaminants": ["plutonium"]}, {"per_combination": 0}, {"noise": float("nan")},
        {"per_combination": 3, "pure_share": .5}])
    def test_settings_out_of_range(self, settings):
        if settings.get("components") == ():
            settings["pure"] = False
        with pytest.raises(ValueError):
            Mixing(**settings)

    def test_unknown_setting_is_named(self):
        with pytest.raises(TypeError, match="smalest"):
            mix(pure(), 30, smalest=.1)


class TestSplit:
    def test_no_source_on_both_sides_and_all_classes_on_each(self):
        data = pure(per_class=20)
        for seed in range(5):
            train, test = split_sources(data, .3, seed)
            assert len(train) + len(test) == len(data)
            assert not set(meta(train, "source")) & set(meta(test, "source"))
            # Each class has 10 sources of two spectra; 3 of them are for testing.
            assert (np.bincount(test.Y.astype(int)) == 6).all()
        a, b = split_sources(data, seed=0)[1], split_sources(data, seed=1)[1]
        assert set(a.ids) != set(b.ids)
        np.testing.assert_array_equal(split_sources(data, seed=1)[1].ids, b.ids)

    def test_mixtures_of_both_sides_share_no_source(self):
        train, test = (mix(part, 200) for part in split_sources(pure(per_class=20)))
        used = [{s for text in meta(table, "sources") for s in text.split(" + ")}
                for table in (train, test)]
        assert used[0] and used[1] and not used[0] & used[1]
        assert train.domain == test.domain

    def test_near_duplicates_are_one_source_where_none_is_named(self):
        # Distinct shapes in pairs that differ in scale alone.
        rng = np.random.default_rng(0)
        shapes = np.cumsum(rng.normal(size=(24, len(AXIS))), axis=1)
        X = np.repeat(shapes, 2, axis=0) * np.tile([1, 1.7], 24)[:, None]
        domain = Domain([ContinuousVariable(f"{w:g}") for w in AXIS],
                        DiscreteVariable("polymer", ("PE", "PP")))
        data = Table.from_numpy(domain, X, np.repeat([0, 1], 24))
        pair = dict(zip(data.ids, np.repeat(np.arange(24), 2), strict=True))
        train, test = split_sources(data, .4)
        assert not {pair[i] for i in train.ids} & {pair[i] for i in test.ids}
        assert not set(meta(train, "source")) & set(meta(test, "source"))

    def test_by_another_meta(self):
        data = pure(study=["A", "B", "C"] * 6)
        train, test = split_sources(data, .3, by="study")
        assert len({str(r["study"]) for r in test}) == 1
        assert not {str(r["study"]) for r in train} & {str(r["study"]) for r in test}
        with pytest.raises(ValueError, match='"laboratory"'):
            split_sources(data, by="laboratory")

    def test_class_of_one_source_is_named(self):
        data = pure()
        keep = (meta(data, "source") != "PS-1") & (meta(data, "source") != "PS-2")
        with pytest.raises(ValueError, match='"PS" has one source only'):
            split_sources(data[keep])
        with pytest.raises(ValueError, match='"PE", "PS" have one source only'):
            split_sources(data[keep & (data.Y != 0) & (meta(data, "source") != "PE-0")
                               & (meta(data, "source") != "PE-1")])
        # The others can be split.
        split_sources(data[data.Y != 2])

    def test_sources_of_several_classes(self):
        # PS is in A and B, PE in A and C, PP in B and C: one of each pair can be held out
        # only by testing on one study of three, which leaves one class out of the test.
        data = pure(study=["B"] * 3 + ["C"] * 3 + ["A"] * 3 + ["C"] * 3 + ["A"] * 3 + ["B"] * 3)
        with pytest.raises(ValueError, match='"P[PES]" cannot be in both.*other classes'):
            split_sources(data, .5, by="study")
        # With PE and PP alone, C can be held out.
        train, test = split_sources(data[data.Y != 2], .5, by="study")
        assert {str(r["study"]) for r in test} in ({"C"}, {"A", "B"})

    def test_each_spectrum_without_source_is_its_own(self):
        data = pure().copy()
        with data.unlocked(data.metas):
            data.metas[:, 1] = ""
        assert len(set(sources.texts_of(data, "source"))) == len(data)
        train, test = split_sources(data)
        assert len(train) + len(test) == len(data)

    def test_bad_shares_and_data(self):
        for share in (0, 1, -1, float("nan")):
            with pytest.raises(ValueError, match="between 0 and 1"):
                split_sources(pure(), share)
        with pytest.raises(ValueError, match="categorical class"):
            split_sources(Table("housing"))


class TestContaminantsThatAreClasses:
    @pytest.mark.parametrize("name, left_out", [
        ("Cellulose", "cellulose"), ("CO", "cellulose"), ("cotton", "cellulose"),
        ("protein", "amide"), ("Wool", "amide"), ("silicate", "silicate"),
        ("PET + cotton", "cellulose"), ("(PE + wax) + silk", "amide")])
    def test_are_not_added(self, name, left_out):
        assert set(CONTAMINANTS) - set(contaminants_beside(tuple(CONTAMINANTS), ["PE", name])) \
            == {left_out}

    def test_plastics_take_all(self):
        assert contaminants_beside(tuple(CONTAMINANTS), ["PE", "PA", "PET", "CA"]) \
            == tuple(CONTAMINANTS)

    def test_in_mixtures(self):
        for classes, there in ((("PP", "PE"), True), (("cellulose", "PE"), False)):
            mixed = mix(pure(classes), 300, contaminants=True, contaminated=1, seed=0)
            found = {k for text in meta(mixed, "contaminants") for k in text.split(" + ")}
            assert ("cellulose" in found) == there
            assert found >= {"carbonate", "amide"}
