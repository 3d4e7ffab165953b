"""The CDK app for a sandbox: the stacks that go to AWS, and the Aspect. Run by the CDK CLI; reads its context."""

from aws_cdk import App, Aspects

from sandbox.aspect import SandboxAspect
from stacks.build import build
from stacks.settings import Settings


def main() -> None:
    """Synthesise every stack into the output folder that the CLI names."""
    app = App()
    settings = Settings.from_context(app.node)
    build(app, settings)
    Aspects.of(app).add(SandboxAspect(settings.twin_url))
    app.synth()


if __name__ == "__main__":
    main()
