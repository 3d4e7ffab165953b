"""XGBoost without its classes for scikit-learn, which nothing here uses: import this before any module that imports XGBoost.

To offer them it imports scikit-learn, with it SciPy's statistics and pandas: 2.0 s of CPU instead of 0.5 in every process of a job. Where
XGBoost is imported already nothing changes, and scikit-learn itself can be imported as ever afterwards.
"""

import sys

if "xgboost" not in sys.modules and "sklearn" not in sys.modules:
    sys.modules["sklearn"] = None  # type: ignore[assignment]  # the way to say: import it and you get an ImportError
    try:
        import xgboost  # noqa: F401 - for whoever imports it next
    finally:
        del sys.modules["sklearn"]
