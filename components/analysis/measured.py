"""What is computed of an analysis, once for all visitors."""

import pandas as pd
import streamlit as st

from recycler import thesis
from recycler.analysis import Analysis, intervals
from recycler.analysis.calibration import risk_coverage, sureness, why_not_to_be_set_here
from recycler.analysis.groups import Grouping, group_table, groupings
from recycler.analysis.intervals import Estimate, Resamples, resample
from recycler.analysis.paired import Pair, PairedTest, pair, paired_tests
from recycler.analysis.per_class import class_table

MOST = 32  # results kept; small tables each


def figures(analysis: Analysis) -> dict[str, Estimate]:
    """All figures of merit with their intervals."""
    return intervals.estimates(_resamples(analysis.key, analysis))


def classes(analysis: Analysis) -> pd.DataFrame:
    """The table class by class."""
    return _classes(analysis.key, analysis)


def groups(analysis: Analysis) -> dict[str, Grouping]:
    """The ways to group the photos, by title."""
    return _groups(analysis.key, analysis)


def grouped(analysis: Analysis, title: str) -> pd.DataFrame:
    """The figures of each group of one grouping."""
    return _grouped(analysis.key, title, analysis)


def beside_thesis(analysis: Analysis) -> bool:
    """Whether its figures can be read beside the thesis's."""
    return _beside_thesis(analysis.key, analysis)


def refusal(analysis: Analysis) -> str:
    """Why thresholds should not be set on these photos, or ""."""
    return _refusal(analysis.key, analysis)


def risk(analysis: Analysis) -> pd.DataFrame:
    """What each threshold would give; a row a confidence that occurs."""
    return _risk(analysis.key, analysis)


def paired(analysis: Analysis, beside: Analysis) -> Pair:
    """The photos that both have judged, row by row. Raises PredictionsError when there are none."""
    return _paired(analysis.key, beside.key, analysis, beside)


def differences(analysis: Analysis, beside: Analysis) -> dict[str, Estimate]:
    """By how much each figure is above the other subject's on the same photos."""
    return _differences(analysis.key, beside.key, analysis, beside)


def tests(analysis: Analysis, beside: Analysis) -> dict[str, PairedTest]:
    """Whether they differ: of the class, and of recycling or bin."""
    return _tests(analysis.key, beside.key, analysis, beside)


@st.cache_resource(max_entries=MOST, show_spinner="Counting…")
def _resamples(key: str, _analysis: Analysis) -> Resamples:
    return resample(_analysis.table, _analysis.rulebook)


@st.cache_data(max_entries=MOST, show_spinner=False)
def _classes(key: str, _analysis: Analysis) -> pd.DataFrame:
    return class_table(_analysis.table, _analysis.rulebook)


@st.cache_resource(max_entries=4, show_spinner=False)
def _groups(key: str, _analysis: Analysis) -> dict[str, Grouping]:
    return groupings(_analysis.table, _analysis.coarse)


@st.cache_data(max_entries=MOST, show_spinner=False)
def _grouped(key: str, title: str, _analysis: Analysis) -> pd.DataFrame:
    return group_table(_analysis.table, _analysis.rulebook, groups(_analysis)[title])


@st.cache_data(max_entries=MOST, show_spinner=False)
def _beside_thesis(key: str, _analysis: Analysis) -> bool:
    return thesis.comparable(_analysis)


@st.cache_data(max_entries=MOST, show_spinner=False)
def _refusal(key: str, _analysis: Analysis) -> str:
    return why_not_to_be_set_here(_analysis)


@st.cache_resource(max_entries=4, show_spinner=False)
def _risk(key: str, _analysis: Analysis) -> pd.DataFrame:
    judged, sure, right = sureness(_analysis)
    return risk_coverage(sure[judged], right[judged])


@st.cache_resource(max_entries=2, show_spinner=False)
def _paired(key: str, other: str, _analysis: Analysis, _beside: Analysis) -> Pair:
    return pair(_analysis.table, _beside.table)


@st.cache_data(max_entries=MOST, show_spinner="Comparing…")
def _differences(key: str, other: str, _analysis: Analysis, _beside: Analysis) -> dict[str, Estimate]:
    both, rules = paired(_analysis, _beside), _analysis.rulebook
    if both.table is _analysis.table and both.other is _beside.table and rules == _beside.rulebook:
        return intervals.differences(_resamples(key, _analysis), _resamples(other, _beside))
    return intervals.differences(resample(both.table, rules), resample(both.other, rules))


@st.cache_data(max_entries=MOST, show_spinner=False)
def _tests(key: str, other: str, _analysis: Analysis, _beside: Analysis) -> dict[str, PairedTest]:
    return paired_tests(paired(_analysis, _beside), _analysis.rulebook)
