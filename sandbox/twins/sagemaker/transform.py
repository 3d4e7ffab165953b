"""Batch transform jobs over CSV: a model's own serving functions, mini-batches, filters and the join with the input."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from sandbox.twins.sagemaker.columns import ColumnsError, columns
from sandbox.twins.sagemaker.container import PREFIX, Container
from sandbox.twins.sagemaker.outcome import JobFailedError
from sandbox.twins.sagemaker.processes import Watch
from sandbox.twins.sagemaker.serving import read_frame, write_frame

_SERVING = Path(__file__).with_name("serving.py")
_DEFAULT_PAYLOAD_MB = 6


def run_transform(container: Container, request: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Run the job with a model's container definition. JobFailedError with the service's words."""
    shape = _Shape(request)
    source = request["TransformInput"]
    gunzip = source.get("CompressionType") == "Gzip"
    objects = container.transfer.objects(source["DataSource"]["S3DataSource"]["S3Uri"])
    command, environment = _serving_command(container, model)
    with _endpoint(container, command, environment | request.get("Environment", {})) as endpoint:
        for item in objects:
            given = container.transfer.fetch(item, container.root / "input" / "data", gunzip=gunzip)
            made = container.root / "output" / "data" / PurePosixPath(f"{item.path}.out")
            made.parent.mkdir(parents=True, exist_ok=True)
            with given.open(encoding="utf-8", newline="") as lines, made.open("w", encoding="utf-8", newline="") as out:
                for piece in shape.transformed(lines, endpoint):
                    container.stop.check()
                    out.write(piece)
    output = request["TransformOutput"]
    container.transfer.upload(container.root / "output" / "data", output["S3OutputPath"], output.get("KmsKeyId"))
    return {}


class _Shape:
    """How a job cuts its input into payloads and puts the answers together."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        processing = request.get("DataProcessing", {})
        self._content_type = request["TransformInput"].get("ContentType", "text/csv")
        self._accept = request["TransformOutput"].get("Accept", self._content_type)
        if not (self._content_type.startswith("text/csv") and self._accept.startswith("text/csv")):
            raise JobFailedError(f"ClientError: {self._content_type} to {self._accept}: the sandbox's batch transform does text/csv only")
        try:
            self._input = columns(processing.get("InputFilter"))
            self._output = columns(processing.get("OutputFilter"))
        except ColumnsError as error:
            raise JobFailedError(f"ClientError: DataProcessing: {error}") from error
        self._join = processing.get("JoinSource") == "Input"
        self._by_line = request["TransformInput"].get("SplitType", "None") == "Line"
        if (self._join or processing.get("InputFilter", "$") != "$") and not self._by_line:
            raise JobFailedError("ClientError: InputFilter and JoinSource need SplitType Line")
        self._ending = "\n" if request["TransformOutput"].get("AssembleWith", "None") == "Line" else ""
        self._limit = int(request.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MB)) * 1024 * 1024 or None
        self._single = request.get("BatchStrategy", "MultiRecord") == "SingleRecord"

    def transformed(self, lines: Iterator[str], endpoint: "_Endpoint") -> Iterator[str]:
        """The output file, piece by piece."""
        if not self._by_line:
            body = "".join(lines)
            if self._limit and len(body.encode()) > self._limit:
                raise JobFailedError(f"ClientError: the file has more than {self._limit} bytes (MaxPayloadInMB); use SplitType Line")
            yield endpoint.ask(body, self._content_type, self._accept) + self._ending
            return
        for records in self._batches(line.rstrip("\r\n") for line in lines):
            try:
                yield self._answered(records, endpoint)
            except ColumnsError as error:
                raise JobFailedError(f"ClientError: DataProcessing: {error}") from error

    def _batches(self, lines: Iterator[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        for line in lines:
            if not line:
                continue
            length = len(line.encode()) + 1
            if self._limit and length > self._limit:
                raise JobFailedError(f"ClientError: a record has more than {self._limit} bytes (MaxPayloadInMB)")
            if batch and (self._single or (self._limit and size + length > self._limit)):
                yield batch
                batch, size = [], 0
            batch.append(line)
            size += length
        if batch:
            yield batch

    def _answered(self, records: Sequence[str], endpoint: "_Endpoint") -> str:
        body = "".join([f"{self._input.of_line(record)}\n" for record in records])
        answers = [line for line in endpoint.ask(body, self._content_type, self._accept).splitlines() if line]
        if len(answers) != len(records):
            if self._join or not self._output.whole:
                raise JobFailedError(
                    f"ClientError: the model answered {len(answers)} lines to {len(records)} records; they cannot be joined"
                )
            return "".join([f"{line}{self._ending}" for line in answers])
        made = map(",".join, zip(records, answers, strict=True)) if self._join else answers
        return "".join([f"{self._output.of_line(line)}{self._ending}" for line in made])


class _Endpoint:
    """A model's process, asked over two pipes."""

    def __init__(self, requests: BinaryIO, responses: BinaryIO) -> None:
        self._requests = requests
        self._responses = responses

    def ask(self, body: str, content_type: str, accept: str) -> str:
        """The model's answer. JobFailedError when it refuses or is gone."""
        with suppress(BrokenPipeError):  # a model that could not be loaded has answered why before it was asked
            for part in (content_type, accept, body):
                write_frame(self._requests, part.encode())
        status, answer = read_frame(self._responses), read_frame(self._responses)
        if status is None or answer is None:
            raise _GoneError
        if status != b"ok":
            raise JobFailedError(f"AlgorithmError: {answer.decode()}")
        return answer.decode()


class _GoneError(Exception):
    pass


@contextmanager
def _endpoint(container: Container, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[_Endpoint]:
    requests_in, requests_out = os.pipe()
    responses_in, responses_out = os.pipe()
    try:
        fds = (requests_in, responses_out)
        process = container.start([*command, str(requests_in), str(responses_out)], environment, directory=container.root / "code", fds=fds)
    finally:
        os.close(requests_in)
        os.close(responses_out)
    watch = Watch(process, container.stop, container.seconds)
    requests, responses = os.fdopen(requests_out, "wb"), os.fdopen(responses_in, "rb")
    try:
        yield _Endpoint(requests, responses)
    except _GoneError:
        watch.end()
        raise JobFailedError(f"AlgorithmError: the model's process ended: {container.last_words()}") from None
    finally:
        for stream in (requests, responses):
            with suppress(BrokenPipeError):
                stream.close()
        watch.end()


def _serving_command(container: Container, model: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    environment: dict[str, str] = dict(model.get("Environment", {}))
    if model.get("ModelDataUrl"):
        container.transfer.unpack(model["ModelDataUrl"], container.root / "model")
    program = environment.get("SAGEMAKER_PROGRAM", "inference.py")
    code = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", f"{PREFIX}/model/code")
    if code.startswith("s3://"):
        container.transfer.unpack(code, container.root / "code")
        folder = container.root / "code"
    else:
        folder = container.path(code.removeprefix("file://"))
    if not (folder / program).is_file():
        raise JobFailedError(f"ClientError: the model has no {program} in {code}; script-mode models name it by SAGEMAKER_PROGRAM")
    own = {"SM_MODEL_DIR": f"{PREFIX}/model", "SAGEMAKER_BATCH": "true", "PYTHONPATH": str(folder)}
    # -P: this package's modules must not be found under their bare names.
    return ["python3", "-P", str(_SERVING), str(folder / program), str(container.root / "model")], environment | own
