"""Messaging adapter `file`: a CSV for whoever sends the messages."""

from constructs import Construct

from lambdas import file_bridge
from omnichannel.contracts import zones
from omnichannel.contracts.environment.sinks import FileBridgeEnv
from omnichannel.contracts.ledger import Sink
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.foundation import Foundation
from stacks.sinks.bridge import DONE, EVERY, NOT_DELIVERED, PART, message_bridge, message_env


class Files(Construct):
    """Messaging adapter `file`."""

    sink = Sink.FILE

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        env = FileBridgeEnv(**message_env(base))
        self.function = message_bridge(self, "FileBridge", base, sink=self.sink, entry=file_bridge.handler, env=env)
        grants.write_objects(self.function.role, base.buckets.lake, zones.messaging_files(EVERY, self.sink))
        self.functions = [self.function]

    @property
    def branch(self) -> tuple[str, asl.States]:
        """A file for every part."""
        write = asl.invoke(self.function, Catch=asl.catch("FileNotWritten", output=NOT_DELIVERED), Next="FileWritten")
        states = {"WriteFile": write, "FileWritten": asl.succeed(DONE), "FileNotWritten": {"Type": "Succeed"}}
        return "ToFiles", {"ToFiles": asl.each("{% $states.input.parts %}", "WriteFile", states, at_once=1, selector=PART, Output=DONE)}
