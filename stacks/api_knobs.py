"""Who may call the APIs: AWS identities that sign, or whoever has a token of the retailer's own issuer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from stacks import knobs

AUTHORIZERS = ("iam", "jwt")
JWT_KNOBS = ("api_jwt_issuer", "api_jwt_audience")
_ISSUER = re.compile(r"https://[^\s/]+(/\S*)?$")


@dataclass(frozen=True, kw_only=True)
class Jwt:
    """Tokens that are believed: signed by the issuer (its `/.well-known/openid-configuration` names the keys), for one of the audiences."""

    issuer: str
    audience: tuple[str, ...]

    @classmethod
    def of(cls, authorizer: str, given: Mapping[str, str]) -> Self | None:
        """Checked; None where callers sign. Raises `SettingsError`, which names what is missing."""
        knobs.one_of("api_authorizer", authorizer, AUTHORIZERS)
        if authorizer == "iam":
            if stray := [name for name in JWT_KNOBS if given[name]]:
                raise knobs.SettingsError(f"{stray[0]} is for api_authorizer=jwt; got api_authorizer=iam")
            return None
        missing = [name for name in JWT_KNOBS if not given[name]]
        if missing:
            raise knobs.SettingsError(f"api_authorizer=jwt needs {', '.join(missing)} as well: --context {missing[0]}=…, or leave it iam")
        example = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI"
        knobs.matching("api_jwt_issuer", [given["api_jwt_issuer"]], _ISSUER, example)
        return cls(issuer=given["api_jwt_issuer"], audience=knobs.listed(given["api_jwt_audience"]))
