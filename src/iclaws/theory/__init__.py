"""Theory: what task structure predicts, in float64, from spectra and numbers alone."""

from .accuracy import (
    bayes_accuracy as bayes_accuracy,
    depth_bound_share as depth_bound_share,
    descent_accuracy as descent_accuracy,
    ridge_accuracy as ridge_accuracy,
)
from .allocation import Allocation as Allocation, allocate as allocate
from .chebyshev import chebyshev_factor as chebyshev_factor, chebyshev_steps as chebyshev_steps
from .configuration import (
    Architecture as Architecture,
    Configuration as Configuration,
    Setting as Setting,
)
from .contexts import (
    ContextStatistics as ContextStatistics,
    SampledRisk as SampledRisk,
    context_statistics as context_statistics,
    filter_risk as filter_risk,
)
from .depth import (
    PolynomialBound as PolynomialBound,
    depth_recursion as depth_recursion,
    polynomial_bound as polynomial_bound,
)
from .discrete import (
    DiscreteRisk as DiscreteRisk,
    dmmse_risk as dmmse_risk,
    parity_bayes_error as parity_bayes_error,
    sparse_bayes_risk as sparse_bayes_risk,
)
from .emergence import (
    Emergence as Emergence,
    EmergenceFinding as EmergenceFinding,
    bounds as bounds,
    construction as construction,
    emergence as emergence,
)
from .exponents import (
    Exponents as Exponents,
    Law as Law,
    Prediction as Prediction,
    Variant as Variant,
    exponents as exponents,
)
from .frontier import (
    Frontier as Frontier,
    Shapes as Shapes,
    detectable_log_ratio as detectable_log_ratio,
    feasible_shapes as feasible_shapes,
    frontier as frontier,
    shape_penalty as shape_penalty,
    transformer_flops as transformer_flops,
)
from .gd_plus_plus import (
    GDPlusPlusRisk as GDPlusPlusRisk,
    gd_plus_plus_risk as gd_plus_plus_risk,
    gd_plus_plus_spectrum_risk as gd_plus_plus_spectrum_risk,
)
from .gradient_descent import (
    GradientDescentRisk as GradientDescentRisk,
    gradient_descent_risk as gradient_descent_risk,
    gradient_descent_risk_with as gradient_descent_risk_with,
)
from .information import (
    SampledInformation as SampledInformation,
    boolean_identification_context as boolean_identification_context,
    identification_context as identification_context,
    mutual_information as mutual_information,
    parity_bits as parity_bits,
    sampled_mutual_information as sampled_mutual_information,
    sparse_identification_context as sparse_identification_context,
    task_diversity_bits as task_diversity_bits,
    tree_bits as tree_bits,
)
from .joint import (
    Surface as Surface,
    depth_context_surface as depth_context_surface,
    depth_width_law as depth_width_law,
    depth_width_surface as depth_width_surface,
    width_context_surface as width_context_surface,
)
from .known_spectrum import known_spectrum_bound as known_spectrum_bound
from .least_squares import least_squares_risk as least_squares_risk
from .limits import (
    Bound as Bound,
    Kind as Kind,
    rate_distortion_limit as rate_distortion_limit,
    sparse_minimax_rate as sparse_minimax_rate,
    sparse_recovery_context as sparse_recovery_context,
    task_limit as task_limit,
    width_context_limit as width_context_limit,
)
from .linear_attention import (
    linear_attention_gains as linear_attention_gains,
    linear_attention_risk as linear_attention_risk,
    linear_attention_risk_with as linear_attention_risk_with,
    linear_attention_step as linear_attention_step,
)
from .loss_forms import (
    Optimum as Optimum,
    bottleneck_loss as bottleneck_loss,
    exponential_depth_optimum as exponential_depth_optimum,
    paper_step_optimum as paper_step_optimum,
    power_mean_loss as power_mean_loss,
    strongly_convex_optimum as strongly_convex_optimum,
)
from .one_step import OneStep as OneStep, one_step_risk as one_step_risk
from .positions import position_average as position_average
from .pretraining import (
    PretrainingErrors as PretrainingErrors,
    finite_pretraining_errors as finite_pretraining_errors,
    finite_size_data_ratio as finite_size_data_ratio,
    structured_pretraining_errors as structured_pretraining_errors,
)
from .reduced_model import reduced_linear_attention as reduced_linear_attention
from .requirements import (
    required_context as required_context,
    required_data_ratio as required_data_ratio,
    required_depth as required_depth,
    required_rank as required_rank,
)
from .risks import (
    bayes_risk as bayes_risk,
    isotropic_bayes_risk as isotropic_bayes_risk,
    optimal_ridge_risk as optimal_ridge_risk,
    ridge_risk as ridge_risk,
)
from .rotated_sequences import rotated_sequence_risk as rotated_sequence_risk
from .sampled import (
    SampledBound as SampledBound,
    SampledSteps as SampledSteps,
    SampledUpdates as SampledUpdates,
    sampled_bayes_risk as sampled_bayes_risk,
    sampled_gd_plus_plus_risk as sampled_gd_plus_plus_risk,
    sampled_gradient_descent_risk as sampled_gradient_descent_risk,
    sampled_polynomial_bound as sampled_polynomial_bound,
)
from .sequences import sequence_risk as sequence_risk
from .slopes import LocalSlopes as LocalSlopes, local_slopes as local_slopes
from .spectra import (
    Spectra as Spectra,
    isotropic_spectra as isotropic_spectra,
    power_law_spectra as power_law_spectra,
)
from .spectral_descent import (
    KrylovBound as KrylovBound,
    krylov_bound as krylov_bound,
    smeared_polynomial_risk as smeared_polynomial_risk,
    smeared_spectra as smeared_spectra,
    spectral_descent_risk as spectral_descent_risk,
)
from .step_size import (
    StepHypothesis as StepHypothesis,
    StepPrediction as StepPrediction,
    sampled_step_slope as sampled_step_slope,
    spectral_descent_risk_with as spectral_descent_risk_with,
    step_hypotheses as step_hypotheses,
    step_size as step_size,
)
from .structure import TaskStructure as TaskStructure
from .task_pool import TaskPoolRisk as TaskPoolRisk, task_pool_risk as task_pool_risk
from .training_time import (
    layer_flow_risk as layer_flow_risk,
    plateau_time as plateau_time,
    rotated_flow_risk as rotated_flow_risk,
)
from .transitions import (
    Transition as Transition,
    context_threshold_risk as context_threshold_risk,
    context_threshold_scaling as context_threshold_scaling,
    interpolation_peak as interpolation_peak,
    known_transitions as known_transitions,
    logistic_log_width as logistic_log_width,
    task_diversity_error as task_diversity_error,
    task_diversity_scaling as task_diversity_scaling,
)
from .width import (
    best_read_in_risk as best_read_in_risk,
    isotropic_read_in_risk as isotropic_read_in_risk,
    random_read_in_risk as random_read_in_risk,
)
