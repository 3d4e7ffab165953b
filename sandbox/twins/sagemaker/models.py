"""Models, model package groups, model packages, tags."""

from typing import Any

from botocore.exceptions import ClientError

from sandbox.twins.errors import ServiceError
from sandbox.twins.sagemaker.base import Operations, only, ordered, page
from sandbox.twins.sagemaker.transfer import split
from sandbox.twins.store import Document

_GROUP = ("ModelPackageGroupName", "ModelPackageGroupArn", "ModelPackageGroupDescription", "CreationTime", "ModelPackageGroupStatus")
_PACKAGE = ("ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelPackageDescription", "CreationTime")
_PACKAGE_STATE = ("ModelPackageStatus", "ModelApprovalStatus")
_METADATA = "CustomerMetadataProperties"
_LAST = "LastVersion"
_UPDATABLE = ("ModelApprovalStatus", "ApprovalDescription", "InferenceSpecification", "SourceUri", "ModelCard", "ModelLifeCycle")


class ModelOperations(Operations):
    """The model registry and models."""

    def create_model_package_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """A group to register versions in."""
        name = request["ModelPackageGroupName"]
        if self.store.get("group", name):
            raise ServiceError("ValidationException", f"Model Package Group already exists: {self.arn(f'model-package-group/{name}')}")
        arn = self.arn(f"model-package-group/{name}")
        state = {"ModelPackageGroupArn": arn, "CreationTime": self.context.now(), "ModelPackageGroupStatus": "Completed"}
        self.store.put("group", name, {**only(request, _GROUP), **state, "CreatedBy": {}})
        self._tag(arn, request)
        return {"ModelPackageGroupArn": arn}

    def describe_model_package_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """One group."""
        return {name: value for name, value in self._group(request["ModelPackageGroupName"]).items() if name != _LAST}

    def delete_model_package_group(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remove a group, which has to be empty."""
        group = self._group(request["ModelPackageGroupName"])
        if self._versions(group["ModelPackageGroupName"]):
            raise ServiceError("ConflictException", f"Model Package Group {group['ModelPackageGroupArn']} has model packages.")
        self.store.delete("group", group["ModelPackageGroupName"])
        return {}

    def list_model_package_groups(self, request: dict[str, Any]) -> dict[str, Any]:
        """All groups whose names contain `NameContains`."""
        groups = [
            only(each, _GROUP) for each in self.store.all("group") if request.get("NameContains", "") in each["ModelPackageGroupName"]
        ]
        return page("ModelPackageGroupSummaryList", ordered(groups, request, "CreationTime"), request)

    def create_model_package(self, request: dict[str, Any]) -> dict[str, Any]:
        """The next version of a group."""
        if "ModelPackageGroupName" not in request:
            raise ServiceError("ValidationException", "the sandbox registers versions: ModelPackageGroupName is missing")
        group = self._group(request["ModelPackageGroupName"])["ModelPackageGroupName"]
        version = self._next_version(group)
        arn = self.arn(f"model-package/{group}/{version}")
        document = {key: value for key, value in request.items() if key not in ("Tags", "ClientToken")}
        for container in document.get("InferenceSpecification", {}).get("Containers", ()):
            if "ModelDataUrl" in container:
                container["ModelDataETag"] = self._etag(container["ModelDataUrl"])
        self.store.put(
            "package",
            arn,
            {
                "ModelApprovalStatus": "PendingManualApproval",
                **document,
                "ModelPackageGroupName": group,
                "ModelPackageName": f"{group}/{version}",
                "ModelPackageVersion": version,
                "ModelPackageArn": arn,
                "CreationTime": self.context.now(),
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": []},
            },
        )
        self._tag(arn, request)
        return {"ModelPackageArn": arn}

    def describe_model_package(self, request: dict[str, Any]) -> dict[str, Any]:
        """One version, by its ARN or as `group/number`."""
        return self.package(request["ModelPackageName"])

    def update_model_package(self, request: dict[str, Any]) -> dict[str, Any]:
        """Approve or reject a version, or change what is written about it."""
        package = self.package(request["ModelPackageArn"])
        removed = request.get("CustomerMetadataPropertiesToRemove", [])
        metadata = {**package.get(_METADATA, {}), **request.get(_METADATA, {})}
        changes = {**only(request, _UPDATABLE), _METADATA: {name: text for name, text in metadata.items() if name not in removed}}
        changes["LastModifiedTime"] = self.context.now()
        self.store.update("package", package["ModelPackageArn"], lambda current: {**current, **changes})
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def delete_model_package(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remove a version."""
        self.store.delete("package", self.package(request["ModelPackageName"])["ModelPackageArn"])
        return {}

    def list_model_packages(self, request: dict[str, Any]) -> dict[str, Any]:
        """The versions of a group, newest first; without a group those of all, when asked for versioned ones."""
        group = request.get("ModelPackageGroupName", "").rpartition("/")[2]
        asked = bool(group) or request.get("ModelPackageType", "Unversioned") != "Unversioned"
        found = [only(each, (*_PACKAGE, *_PACKAGE_STATE)) for each in self.store.all("package") if asked and _wanted(each, group, request)]
        by = {"Name": "ModelPackageArn"}.get(request.get("SortBy", ""), "CreationTime")
        return page("ModelPackageSummaryList", ordered(found, request, by), request)

    def create_model(self, request: dict[str, Any]) -> dict[str, Any]:
        """A model for batch transform; its data has to exist."""
        name = request["ModelName"]
        if self.store.get("model", name):
            raise ServiceError("ValidationException", f"Cannot create already existing model {self.arn(f'model/{name.lower()}')}.")
        self.container_of(request)
        arn = self.arn(f"model/{name.lower()}")
        document = {key: value for key, value in request.items() if key != "Tags"}
        self.store.put("model", name, {**document, "ModelArn": arn, "CreationTime": self.context.now()})
        self._tag(arn, request)
        return {"ModelArn": arn}

    def describe_model(self, request: dict[str, Any]) -> dict[str, Any]:
        """One model."""
        return self.found("model", request["ModelName"], f'Could not find model "{self.arn("model/" + request["ModelName"].lower())}": it')

    def delete_model(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remove a model."""
        self.describe_model(request)
        self.store.delete("model", request["ModelName"])
        return {}

    def add_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set tags of a resource."""
        self._tag(request["ResourceArn"], request)
        return {"Tags": self._tags(request["ResourceArn"])}

    def delete_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remove tags of a resource."""
        kept = [tag for tag in self._tags(request["ResourceArn"]) if tag["Key"] not in request["TagKeys"]]
        self.store.put("tags", request["ResourceArn"], {"Tags": kept})
        return {}

    def list_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """Tags of a resource."""
        return page("Tags", self._tags(request["ResourceArn"]), request)

    def package(self, arn_or_name: str) -> Document:
        """The document of a version. ServiceError when there is none."""
        arn = arn_or_name if arn_or_name.startswith("arn:") else self.arn(f"model-package/{arn_or_name}")
        return self.found("package", arn, f"ModelPackage {arn}")

    def container_of(self, model: Document) -> Document:
        """The container definition of a model: image, data, environment. ServiceError when it cannot be served here."""
        containers = [model["PrimaryContainer"]] if "PrimaryContainer" in model else model.get("Containers", [])
        if len(containers) != 1:
            raise ServiceError("ValidationException", f"the sandbox serves models of one container, got {len(containers)}")
        container = containers[0]
        if "ModelPackageName" in container:
            specification = self.package(container["ModelPackageName"])["InferenceSpecification"]["Containers"][0]
            container = {**specification, "Environment": {**specification.get("Environment", {}), **container.get("Environment", {})}}
        if "Image" not in container:
            raise ServiceError("ValidationException", "the container definition has neither Image nor ModelPackageName")
        if "ModelDataUrl" in container:
            self._etag(container["ModelDataUrl"])
        return dict(container)

    def _etag(self, uri: str) -> str:
        bucket, key = split(uri)
        try:
            return str(self.context.cloud.client("s3").head_object(Bucket=bucket, Key=key)["ETag"]).strip('"')
        except ClientError as error:
            raise ServiceError("ValidationException", f"Could not find model data at {uri}: {error}") from error

    def _group(self, name_or_arn: str) -> Document:
        name = name_or_arn.rpartition("/")[2]
        return self.found("group", name, f"ModelPackageGroup {self.arn(f'model-package-group/{name}')}")

    def _next_version(self, group: str) -> int:
        """Numbers go up, and those of deleted versions are not given again."""
        newest = max((each["ModelPackageVersion"] for each in self._versions(group)), default=0)
        counted = self.store.update("group", group, lambda current: {**current, _LAST: max(current.get(_LAST, 0), newest) + 1})
        return int(counted[_LAST])

    def _versions(self, group: str) -> list[Document]:
        return [each for each in self.store.all("package") if each["ModelPackageGroupName"] == group]

    def _tags(self, arn: str) -> list[Document]:
        return list((self.store.get("tags", arn) or {}).get("Tags", []))

    def _tag(self, arn: str, request: dict[str, Any]) -> None:
        tags = {tag["Key"]: tag for tag in [*self._tags(arn), *request.get("Tags", [])]}
        if tags:
            self.store.put("tags", arn, {"Tags": list(tags.values())})


def _wanted(package: Document, group: str, request: dict[str, Any]) -> bool:
    made, name = package["CreationTime"], package["ModelPackageGroupName"]
    return (
        group in ("", name)
        and request.get("ModelApprovalStatus") in (None, package["ModelApprovalStatus"])
        and request.get("NameContains", "") in name
        and request.get("CreationTimeAfter", made) <= made <= request.get("CreationTimeBefore", made)
    )
