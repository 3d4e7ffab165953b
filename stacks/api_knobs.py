"""Who may call the APIs: AWS identities that sign, or whoever has a token of the retailer's own issuer; and what stands in front."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from stacks import knobs

AUTHORIZERS = ("iam", "jwt")
JWT_KNOBS = ("api_jwt_issuer", "api_jwt_audience")
EDGE_KNOBS = ("api_edge_domain", "api_edge_certificate_arn")
EDGE_REGION = "us-east-1"
"""Where CloudFront's web ACLs and certificates live, wherever its callers are."""
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


_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")
_CERTIFICATE = re.compile(rf"arn:aws:acm:{EDGE_REGION}:\d{{12}}:certificate/[0-9a-f-]{{36}}$")


@dataclass(frozen=True, kw_only=True)
class CloudFront:
    """What stands in front of the recommendations API: a name of the retailer's own, and the certificate that proves it."""

    domain: str
    certificate_arn: str

    @classmethod
    def of(cls, edge: str, given: Mapping[str, str], *, region: str, authorizer: str) -> Self | None:
        """Checked; None where nothing stands in front. Raises `SettingsError`, which says what would work."""
        knobs.one_of("api_edge", edge, ("off", "cloudfront"))
        if edge == "off":
            if stray := [name for name in EDGE_KNOBS if given[name]]:
                raise knobs.SettingsError(f"{stray[0]} is for api_edge=cloudfront; got api_edge=off")
            return None
        if region != EDGE_REGION:
            raise knobs.SettingsError(
                f"api_edge=cloudfront in {region}: its web ACLs live in {EDGE_REGION} alone; expected region={EDGE_REGION}, or api_edge=off"
            )
        if authorizer != "jwt":
            raise knobs.SettingsError(
                "api_edge=cloudfront with api_authorizer=iam: a signature names the host that it was made for, CloudFront asks another; "
                "expected api_authorizer=jwt, or api_edge=off"
            )
        if missing := [name for name in EDGE_KNOBS if not given[name]]:
            raise knobs.SettingsError(f"api_edge=cloudfront needs {', '.join(missing)} as well: --context {missing[0]}=…, or leave it off")
        knobs.matching("api_edge_domain", [given["api_edge_domain"]], _DOMAIN, "recommendations.shop.example")
        example = f"arn:aws:acm:{EDGE_REGION}:111122223333:certificate/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
        knobs.matching("api_edge_certificate_arn", [given["api_edge_certificate_arn"]], _CERTIFICATE, example)
        return cls(domain=given["api_edge_domain"], certificate_arn=given["api_edge_certificate_arn"])
