"""What the serving container loads from the model archive: CSV lines of features in, one probability a line out.

Stands in the archive's `code/` folder with `omnichannel/scoring/model.py` beside it as `scoring_model.py`.
"""

import io
from pathlib import Path

import numpy as np
from scoring_model import Matrix, TrainedModel  # type: ignore[import-not-found]  # its name inside the model archive


def model_fn(model_dir: str) -> TrainedModel:
    """Loads every candidate and which one is published."""
    return TrainedModel.load(Path(model_dir))


def input_fn(request_body: str | bytes, request_content_type: str) -> Matrix:
    """Rows of features, in the model's order, `nan` where unknown."""
    if request_content_type.split(";")[0].strip() != "text/csv":
        raise ValueError(f"content type {request_content_type!r} is not supported; send text/csv")
    text = request_body.decode() if isinstance(request_body, (bytes, bytearray)) else request_body
    # Ten times as fast as genfromtxt, and every number is read to its last bit; needs NumPy 1.23.
    return np.loadtxt(io.StringIO(text), delimiter=",", ndmin=2, dtype=np.float64, comments=None)


def predict_fn(input_data: Matrix, model: TrainedModel) -> Matrix:
    """The published candidate's probabilities."""
    return model.predict(input_data)


def output_fn(prediction: Matrix, accept: str) -> str:
    """One probability a line, in the order of the request."""
    return "\n".join(repr(float(p)) for p in prediction)
