"""Theory: what task structure predicts, in float64, from spectra and numbers alone."""

from .allocation import Allocation as Allocation, allocate as allocate
from .contexts import (
    ContextStatistics as ContextStatistics,
    SampledRisk as SampledRisk,
    context_statistics as context_statistics,
    filter_risk as filter_risk,
)
from .depth import (
    depth_recursion as depth_recursion,
    isotropic_noiseless_risk as isotropic_noiseless_risk,
)
from .exponents import (
    Exponents as Exponents,
    Law as Law,
    Prediction as Prediction,
    Variant as Variant,
    exponents as exponents,
)
from .gd_plus_plus import (
    GDPlusPlusRisk as GDPlusPlusRisk,
    gd_plus_plus_risk as gd_plus_plus_risk,
    gd_plus_plus_spectrum_risk as gd_plus_plus_spectrum_risk,
)
from .gradient_descent import (
    GradientDescentRisk as GradientDescentRisk,
    PolynomialBound as PolynomialBound,
    gradient_descent_risk as gradient_descent_risk,
    gradient_descent_risk_with as gradient_descent_risk_with,
    polynomial_bound as polynomial_bound,
)
from .least_squares import least_squares_risk as least_squares_risk
from .linear_attention import (
    linear_attention_gains as linear_attention_gains,
    linear_attention_risk as linear_attention_risk,
    linear_attention_risk_with as linear_attention_risk_with,
    linear_attention_step as linear_attention_step,
)
from .risks import (
    bayes_risk as bayes_risk,
    isotropic_bayes_risk as isotropic_bayes_risk,
    optimal_ridge_risk as optimal_ridge_risk,
    ridge_risk as ridge_risk,
)
from .sampled import (
    SampledBound as SampledBound,
    SampledSteps as SampledSteps,
    SampledUpdates as SampledUpdates,
    sampled_bayes_risk as sampled_bayes_risk,
    sampled_gd_plus_plus_risk as sampled_gd_plus_plus_risk,
    sampled_gradient_descent_risk as sampled_gradient_descent_risk,
    sampled_polynomial_bound as sampled_polynomial_bound,
)
from .spectra import (
    Spectra as Spectra,
    isotropic_spectra as isotropic_spectra,
    power_law_spectra as power_law_spectra,
)
