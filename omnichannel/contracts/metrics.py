"""What CloudWatch hears of models and their scores: embedded metrics in functions' logs, counts and shares, nothing of a person."""

SCORING_NAMESPACE = "Omni/Scoring"
MODEL_DIMENSION = "model"
"""Of what is said of one model's scores, beside the deployment's and the function's dimensions (`contracts.sources`)."""

SILENT_DATA_SETS = "SilentDataSets"
"""How many data sets had stopped arriving when a pipeline's features were made."""
SCORE_DRIFT, WORST_FEATURE_DRIFT = "ScoreDrift", "WorstFeatureDrift"
"""Population stability index of a score run against training: of its scores, and of the feature that moved furthest."""
RUNS_WAITING = "RunsWaiting"
"""How many score runs wait for a person's approval."""

DRIFTED = 0.25
"""A population stability index from which a distribution counts as another one: the credit industry's customary bound."""
