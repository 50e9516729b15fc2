"""What to expect of an indicator: its national level, how providers differ, how much is counted.

The figures are of the right order, so that tables and pages read like real ones; they are nobody's
results. A model that is not listed takes those of its response form.
"""

from dataclasses import dataclass

from varmodel.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class IndicatorScale:
    """The order of an indicator's figures.

    Attributes
    ----------
    level : float
        National rate or mean, on the natural scale.
    sd : float
        Spread of the providers' lasting effects, on the link scale.
    size : float
        Cases (expected events, exposure, measurements) of the average provider in a quarter.
    scatter : float
        The family's own parameter: sd of single measurements, or dispersion of counts.
    each : bool
        Whether every stratum has exactly one measurement, as where a row is a staff group.
    """

    level: float
    sd: float
    size: float
    scatter: float = 0.1
    each: bool = False


#: Normal measurements scatter less than real ones, so that hardly any is below 0.
_KNOWN = {
    "ace_inhibitor_share": IndicatorScale(0.68, 0.22, 4_000),
    "agency_pay_share": IndicatorScale(4.0, 0.3, 5, scatter=0.35, each=True),
    "broad_spectrum_antibiotic_share": IndicatorScale(0.15, 0.2, 3_000),
    "cancelled_operations_rate": IndicatorScale(0.015, 0.3, 4_000),
    "catalogue_order_share": IndicatorScale(0.6, 0.35, 2_000, scatter=0.2),
    "community_contacts_per_nurse": IndicatorScale(220, 0.2, 60, scatter=0.15),
    "day_case_rate": IndicatorScale(0.72, 0.22, 2_500),
    "did_not_attend_rate": IndicatorScale(0.11, 0.2, 9_000),
    "emergency_admissions_ratio": IndicatorScale(1, 0.15, 400),
    "episodes_per_consultant": IndicatorScale(250, 0.2, 120, scatter=0.15),
    "generic_item_share": IndicatorScale(0.8, 0.2, 60_000),
    "length_of_stay": IndicatorScale(5.0, 0.3, 100, scatter=1.1),
    "low_cost_clopidogrel_share": IndicatorScale(0.75, 0.3, 4_000),
    "low_cost_ppi_share": IndicatorScale(0.7, 0.3, 9_000),
    "low_cost_statin_share": IndicatorScale(0.3, 0.3, 9_000),
    "mental_health_followup_rate": IndicatorScale(0.9, 0.35, 60),
    "mental_health_length_of_stay": IndicatorScale(45, 0.2, 15, scatter=0.6),
    "mental_health_readmission_rate": IndicatorScale(0.1, 0.25, 60),
    "nonelective_preprocedure_bed_days": IndicatorScale(1.6, 0.12, 50, scatter=0.35),
    "outpatient_appointments_ratio": IndicatorScale(1, 0.15, 9_000),
    "outpatient_followup_ratio": IndicatorScale(2.2, 0.15, 4_500),
    "preoperative_bed_days": IndicatorScale(0.9, 0.08, 60, scatter=0.2),
    "pressure_ulcer_rate": IndicatorScale(0.002, 0.3, 12_000),
    "price_paid_ratio": IndicatorScale(100.0, 0.06, 25, scatter=0.2),
    "readmission_14_day_rate": IndicatorScale(0.045, 0.15, 3_000),
    "readmission_30_day_rate": IndicatorScale(0.075, 0.15, 3_000),
    "readmission_ratio": IndicatorScale(1, 0.1, 120),
    "sickness_absence_rate": IndicatorScale(0.045, 0.15, 150_000),
    "staff_turnover_rate": IndicatorScale(0.03, 0.2, 3_000),
    "surgical_threshold_ratio": IndicatorScale(1, 0.2, 150),
}
#: Of a response form, for a model that is not listed.
_BY_FORM = {
    "share": IndicatorScale(0.2, 0.25, 1_500),
    "trial": IndicatorScale(0.2, 0.25, 60),
    "expected": IndicatorScale(1, 0.15, 150),
    "exposure": IndicatorScale(1, 0.15, 500),
    "measurements": IndicatorScale(5, 0.3, 50, scatter=1.1),
    "log_measurements": IndicatorScale(5, 0.2, 30, scatter=0.5),
    "positive_measurements": IndicatorScale(5, 0.2, 30, scatter=0.5),
    "published": IndicatorScale(1, 0.1, 100),
}


def scale_of(spec: ModelSpec) -> IndicatorScale:
    """Look up what to expect of a model's figures, by its name or its response form."""
    return _KNOWN.get(spec.name) or _BY_FORM[spec.form.name]
