"""What XGBoost's script mode starts: the training step."""

from pipelines.steps.train import main

if __name__ == "__main__":
    main()
