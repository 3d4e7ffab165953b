"""The serving side of a script-mode model: `model_fn`, `input_fn`, `predict_fn`, `output_fn`, or `transform_fn`.

    python serving.py PROGRAM MODEL_DIR REQUESTS_FD RESPONSES_FD

Both ends speak frames: four bytes of length, then as many bytes. A request is a content type frame, an accept frame and a body frame;
a response is `ok` or `error`, then the body or the message. Functions that the program lacks are those of the XGBoost image: CSV to
a DMatrix, the booster's prediction, CSV out. Imports nothing of this project: it runs inside a job.
"""

import importlib.util
import io
import os
import struct
import sys
import traceback
from pathlib import Path
from typing import Any, BinaryIO


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """One frame."""
    stream.write(struct.pack(">I", len(content)) + content)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame; None at the end."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack(">I", head)
    content = stream.read(length)
    return content if len(content) == length else None


def main() -> None:
    """Load the model once, then answer until the requests end."""
    program, model_dir, requests_fd, responses_fd = sys.argv[1:]
    with os.fdopen(int(requests_fd), "rb") as requests, os.fdopen(int(responses_fd), "wb") as responses:
        try:
            serve = _server(Path(program), model_dir)
        except Exception as error:
            traceback.print_exc()
            write_frame(responses, b"error")
            write_frame(responses, f"the model could not be loaded: {type(error).__name__}: {error}".encode())
            return
        while (content_type := read_frame(requests)) is not None:
            accept, body = read_frame(requests), read_frame(requests)
            if accept is None or body is None:
                return
            try:
                status, answer = b"ok", serve(body, content_type.decode(), accept.decode())
            except Exception as error:
                traceback.print_exc()
                status, answer = b"error", f"{type(error).__name__}: {error}".encode()
            write_frame(responses, status)
            write_frame(responses, answer)


def _server(program: Path, model_dir: str) -> Any:
    module = _load(program)
    model = module.model_fn(model_dir)
    if hasattr(module, "transform_fn"):
        return lambda body, content_type, accept: _bytes(module.transform_fn(model, _text(body, content_type), content_type, accept))
    input_fn = getattr(module, "input_fn", _input)
    predict_fn = getattr(module, "predict_fn", _predict)
    output_fn = getattr(module, "output_fn", _output)
    return lambda body, content_type, accept: _bytes(
        output_fn(predict_fn(input_fn(_text(body, content_type), content_type), model), accept)
    )


def _load(program: Path) -> Any:
    _import_xgboost()
    sys.path.insert(0, str(program.parent))
    spec = importlib.util.spec_from_file_location(program.stem, program)
    if spec is None or spec.loader is None:
        raise ImportError(f"{program} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[program.stem] = module
    spec.loader.exec_module(module)
    return module


def _import_xgboost() -> None:
    """Without what it offers to scikit-learn, for which it would import all of that: a second and a half of CPU a job."""
    sys.modules["sklearn"] = None  # type: ignore[assignment]  # the way to say: import it and you get an ImportError
    try:
        import xgboost  # noqa: F401 - the image has it, whatever the program imports
    finally:
        del sys.modules["sklearn"]


def _text(body: bytes, content_type: str) -> str | bytes:
    return body.decode() if content_type.startswith(("text/", "application/json")) else body


def _bytes(answer: Any) -> bytes:
    content = answer[0] if isinstance(answer, tuple) else answer
    return content.encode() if isinstance(content, str) else bytes(content)


def _input(body: str | bytes, content_type: str) -> Any:
    import numpy as np
    import xgboost

    if content_type != "text/csv":
        raise ValueError(f"content type {content_type} is not supported without an input_fn")
    text = body if isinstance(body, str) else body.decode()
    return xgboost.DMatrix(np.genfromtxt(io.StringIO(text), delimiter=",", ndmin=2))


def _predict(data: Any, model: Any) -> Any:
    return model.predict(data, validate_features=False)


def _output(prediction: Any, accept: str) -> str:
    if accept != "text/csv":
        raise ValueError(f"accept {accept} is not supported without an output_fn")
    return "\n".join(",".join(map(str, row)) if hasattr(row, "__len__") else str(row) for row in prediction.tolist())


if __name__ == "__main__":
    main()
