"""The Personalize twin trains custom solutions, measures and serves them, filters, and recommends to many at once."""

import json
import random

import boto3
import pytest
from botocore.exceptions import ClientError

from omnichannel.contracts.recommendations import TRAINING_DATA

RECIPE = "arn:aws:personalize:::recipe/"
DAY = 1_763_600_000
ITEMS = "ITEM_ID,PRICE,CATEGORY_L1,CATEGORY_L2,BRAND,CREATION_TIMESTAMP,AVAILABLE\n"
USERS = "USER_ID,COUNTRY,AGE_BAND,FREQUENCY,LIFECYCLE\nc_1,NL,25-34,frequent,active\n"
METRICS = {"coverage", "mean_reciprocal_rank_at_25"} | {
    f"{name}_at_{n}" for name in ("precision", "normalized_discounted_cumulative_gain") for n in (5, 10, 25)
}


@pytest.fixture
def personalize(serving):
    return serving.client("personalize")


@pytest.fixture
def runtime(serving):
    return serving.client("personalize-runtime")


@pytest.fixture
def group(personalize, lake, eventually):
    """A dataset group with everything imported: two tastes, of which a0 to a5 are in stock."""
    arn = personalize.create_dataset_group(name="omni", domain="ECOMMERCE")["datasetGroupArn"]
    bodies = {"Interactions": _interactions(), "Items": _items(), "Users": USERS}
    for data in TRAINING_DATA:
        lake.put(f"{data.folder}/{data.folder}.csv", bodies[data.kind])
        schema = personalize.create_schema(name=data.folder, schema=json.dumps(data.schema()), domain="ECOMMERCE")["schemaArn"]
        dataset = personalize.create_dataset(name=data.folder, schemaArn=schema, datasetGroupArn=arn, datasetType=data.kind)["datasetArn"]
        source = {"dataLocation": f"{lake.url}{data.folder}/"}
        job = personalize.create_dataset_import_job(jobName=data.folder, datasetArn=dataset, dataSource=source, roleArn=lake.role)
        ended = _ended(eventually, personalize, "dataset_import_job", "datasetImportJob", job["datasetImportJobArn"])
        assert ended["status"] == "ACTIVE", ended
    return arn


@pytest.fixture
def solution(personalize, group, eventually):
    def make(recipe="aws-similar-items", name="similar"):
        arn = personalize.create_solution(name=name, datasetGroupArn=group, recipeArn=RECIPE + recipe, performAutoTraining=False)
        return _ended(eventually, personalize, "solution", "solution", arn["solutionArn"])["solutionArn"]

    return make


@pytest.fixture
def version(personalize, eventually):
    def train(solution):
        arn = personalize.create_solution_version(solutionArn=solution, trainingMode="FULL")["solutionVersionArn"]
        ended = _ended(eventually, personalize, "solution_version", "solutionVersion", arn)
        assert ended["status"] == "ACTIVE", ended
        return arn

    return train


@pytest.fixture
def campaign(personalize, eventually):
    def make(version, name="similar"):
        arn = personalize.create_campaign(name=name, solutionVersionArn=version)["campaignArn"]
        return _ended(eventually, personalize, "campaign", "campaign", arn)["campaignArn"]

    return make


@pytest.fixture
def filtered(personalize, group, eventually):
    def make(expression, name="some"):
        arn = personalize.create_filter(name=name, datasetGroupArn=group, filterExpression=expression)["filterArn"]
        return _ended(eventually, personalize, "filter", "filter", arn)["filterArn"]

    return make


def _interactions(users=60, per_user=20):
    draw = random.Random(7)
    rows = [
        f"c_{user},{'ab'[user % 2]}{draw.randrange(12)},{'Purchase' if n % 5 == 0 else 'View'},{DAY + n * 60}"
        for user in range(users)
        for n in range(per_user)
    ]
    return "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n" + "\n".join(rows) + "\n"


def _items():
    rows = [
        f"{taste}{n},19.9,{'Shoes' if taste == 'a' else 'Hats'},,,1767225600,{'yes' if n < 6 else 'no'}"
        for taste in "ab"
        for n in range(12)
    ]
    return ITEMS + "\n".join(rows) + "\n"


def _ended(eventually, personalize, operation, member, arn):
    def described():
        return getattr(personalize, f"describe_{operation}")(**{f"{member}Arn": arn})[member]

    return eventually(described, lambda each: each["status"] in ("ACTIVE", "CREATE FAILED"))


def _ids(answer):
    return [item["itemId"] for item in answer["itemList"]]


def _refused(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]


def test_a_campaign_brings_up_similar_items_of_the_version_that_it_serves(solution, version, campaign, runtime):
    arn = campaign(version(solution()))

    found = _ids(runtime.get_recommendations(campaignArn=arn, itemId="b3", numResults=6))

    assert (len(found), {item[0] for item in found}, "b3" in found) == (6, {"b"}, False)


def test_a_campaign_ranks_a_given_list_for_somebody_what_nobody_knows_last(solution, version, campaign, runtime):
    arn = campaign(version(solution("aws-personalized-ranking-v2")))

    ranked = runtime.get_personalized_ranking(campaignArn=arn, userId="c_4", inputList=["unknown", "b1", "a1", "b2", "a2"])

    found = [item["itemId"] for item in ranked["personalizedRanking"]]
    assert ({item[0] for item in found[:2]}, {item[0] for item in found[2:4]}, found[4]) == ({"a"}, {"b"}, "unknown")


def test_metrics_are_measured_on_hidden_interactions_and_better_than_chance(personalize, solution, version):
    found = personalize.get_solution_metrics(solutionVersionArn=version(solution()))["metrics"]

    assert set(found) == METRICS
    # Of 24 items one is hidden; five drawn at random hold it every fifth time.
    assert found["precision_at_5"] * 5 > 5 / 24
    assert 0 < found["coverage"] <= 1


def test_a_version_without_data_fails_and_says_why(personalize, eventually):
    group = personalize.create_dataset_group(name="empty", domain="ECOMMERCE")["datasetGroupArn"]
    data = TRAINING_DATA[0]
    schema = personalize.create_schema(name="empty", schema=json.dumps(data.schema()), domain="ECOMMERCE")["schemaArn"]
    personalize.create_dataset(name="empty", schemaArn=schema, datasetGroupArn=group, datasetType=data.kind)
    made = personalize.create_solution(name="empty", datasetGroupArn=group, recipeArn=RECIPE + "aws-similar-items")["solutionArn"]
    solution = _ended(eventually, personalize, "solution", "solution", made)

    arn = personalize.create_solution_version(solutionArn=made)["solutionVersionArn"]
    ended = _ended(eventually, personalize, "solution_version", "solutionVersion", arn)

    assert solution["performAutoTraining"] is True
    assert (ended["status"], ended["failureReason"]) == ("CREATE FAILED", "no interactions were imported")
    assert _refused(lambda: personalize.get_solution_metrics(solutionVersionArn=arn))["Code"] == "ResourceInUseException"


def test_a_campaign_goes_on_while_it_is_switched_and_then_serves_the_other_version(personalize, solution, version, campaign, eventually):
    made = solution()
    first = version(made)
    arn = campaign(first)
    second = version(made)

    personalize.update_campaign(campaignArn=arn, solutionVersionArn=second, minProvisionedTPS=2)
    switched = eventually(
        lambda: personalize.describe_campaign(campaignArn=arn)["campaign"], lambda each: each["latestCampaignUpdate"]["status"] == "ACTIVE"
    )

    assert (switched["status"], switched["solutionVersionArn"], switched["minProvisionedTPS"]) == ("ACTIVE", second, 2)


def test_a_solution_goes_with_its_versions_once_no_campaign_serves_it(personalize, group, solution, version, campaign):
    made = solution()
    arn = campaign(version(made))

    served = _refused(lambda: personalize.delete_solution(solutionArn=made))["Code"]
    personalize.delete_campaign(campaignArn=arn)
    personalize.delete_solution(solutionArn=made)

    assert served == "ResourceInUseException"
    assert personalize.list_solutions(datasetGroupArn=group)["solutions"] == []
    assert personalize.list_solution_versions(solutionArn=made)["solutionVersions"] == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('INCLUDE ItemID WHERE Items.AVAILABLE IN ("yes")', lambda item, bought: int(item[1:]) < 6),
        ('EXCLUDE ItemID WHERE Items.AVAILABLE IN ("yes")', lambda item, bought: int(item[1:]) >= 6),
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")', lambda item, bought: item not in bought),
        (
            'INCLUDE ItemID WHERE Items.CATEGORY_L1 IN ("Hats") AND Items.AVAILABLE NOT IN ("yes")',
            lambda i, _: i[0] == "b" and int(i[1:]) >= 6,
        ),
        (
            'INCLUDE ItemID WHERE Items.AVAILABLE IN ("yes") | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Purchase")',
            lambda item, bought: int(item[1:]) < 6 and item not in bought,
        ),
    ],
)
def test_filters_let_through_what_they_say(solution, version, campaign, filtered, runtime, expression, expected):
    arn = campaign(version(solution("aws-user-personalization-v2")))
    bought = {line.split(",")[1] for line in _interactions().splitlines() if line.startswith("c_4,") and ",Purchase," in line}

    answer = runtime.get_recommendations(campaignArn=arn, userId="c_4", numResults=24, filterArn=filtered(expression))

    everything = {f"{taste}{n}" for taste in "ab" for n in range(12)}
    assert set(_ids(answer)) == {item for item in everything if expected(item, bought)}


def test_a_filters_parameter_is_given_with_the_question(solution, version, campaign, filtered, runtime):
    arn = campaign(version(solution("aws-user-personalization-v2")))
    by_category = filtered("INCLUDE ItemID WHERE Items.CATEGORY_L1 IN ($CATEGORY)")

    def ask(**more):
        return runtime.get_recommendations(campaignArn=arn, userId="c_4", numResults=24, filterArn=by_category, **more)

    assert {item[0] for item in _ids(ask(filterValues={"CATEGORY": '"Hats"'}))} == {"b"}
    assert "CATEGORY" in _refused(ask)["Message"]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("INCLUDE ItemID WHERE Items.PRICE > 10", "no condition that is known here"),
        ('INCLUDE ItemID WHERE Items.COLOUR IN ("red")', "no field COLOUR"),
        ('EXCLUDE ItemID WHERE Interactions.TIMESTAMP IN ("1")', "by EVENT_TYPE alone"),
        ("whatever", "no clause"),
    ],
)
def test_what_the_twin_cannot_evaluate_is_refused_by_name(personalize, group, expression, words):
    error = _refused(lambda: personalize.create_filter(name="f", datasetGroupArn=group, filterExpression=expression))

    assert (error["Code"], words in error["Message"]) == ("InvalidInputException", True)


def test_a_batch_answers_line_by_line_in_a_file_beside_its_input(personalize, solution, version, filtered, lake, eventually):
    trained = version(solution("aws-user-personalization-v2"))
    lake.put("batch/users.jsonl", '{"userId": "c_4"}\n{"userId": "stranger"}\n{"itemId": "a1"}\nno json\n')
    job = personalize.create_batch_inference_job(
        jobName="email", solutionVersionArn=trained, numResults=3, roleArn=lake.role,
        filterArn=filtered('INCLUDE ItemID WHERE Items.AVAILABLE IN ("yes")'),
        jobInput={"s3DataSource": {"path": f"{lake.url}batch/users.jsonl"}},
        jobOutput={"s3DataDestination": {"path": f"{lake.url}batch/recommended/"}},
    )["batchInferenceJobArn"]  # fmt: skip

    ended = _ended(eventually, personalize, "batch_inference_job", "batchInferenceJob", job)
    body = boto3.client("s3").get_object(Bucket="lake", Key="batch/recommended/users.jsonl.out")["Body"].read()
    known, stranger, wrong, unreadable = map(json.loads, body.splitlines())

    assert ended["status"] == "ACTIVE"
    assert (known["input"], len(known["output"]["recommendedItems"]), known["error"]) == ({"userId": "c_4"}, 3, None)
    assert all(item[0] == "a" and int(item[1:]) < 6 for item in known["output"]["recommendedItems"])
    assert len(known["output"]["scores"]) == len(stranger["output"]["recommendedItems"]) == 3
    assert (wrong["output"], "userId is required" in wrong["error"], unreadable["output"]) == (None, True, None)


def test_a_batch_without_lines_fails_and_says_where_it_looked(personalize, solution, version, lake, eventually):
    trained = version(solution("aws-user-personalization-v2"))
    where = {"path": f"{lake.url}nowhere/"}
    job = personalize.create_batch_inference_job(
        jobName="email",
        solutionVersionArn=trained,
        roleArn=lake.role,
        jobInput={"s3DataSource": where},
        jobOutput={"s3DataDestination": where},
    )["batchInferenceJobArn"]

    ended = _ended(eventually, personalize, "batch_inference_job", "batchInferenceJob", job)

    assert (ended["status"], "s3://lake/nowhere/" in ended["failureReason"]) == ("CREATE FAILED", True)


def test_a_dataset_group_has_ten_solutions_and_its_group_is_not_deleted_under_them(personalize, group):
    for n in range(10):
        personalize.create_solution(name=f"s-{n}", datasetGroupArn=group, recipeArn=RECIPE + "aws-similar-items")

    more = _refused(lambda: personalize.create_solution(name="more", datasetGroupArn=group, recipeArn=RECIPE + "aws-similar-items"))
    unknown = _refused(lambda: personalize.create_solution(name="other", datasetGroupArn=group, recipeArn=RECIPE + "aws-sims"))

    assert (more["Code"], unknown["Code"]) == ("LimitExceededException", "InvalidInputException")
    assert _refused(lambda: personalize.delete_dataset_group(datasetGroupArn=group))["Code"] == "ResourceInUseException"


def test_after_a_restart_a_campaign_recommends_the_same(solution, version, campaign, runtime, serving):
    arn = campaign(version(solution()))
    before = _ids(runtime.get_recommendations(campaignArn=arn, itemId="a1"))

    serving.stop()
    serving.start()

    assert _ids(serving.client("personalize-runtime").get_recommendations(campaignArn=arn, itemId="a1")) == before


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("DescribeFilter", {"filterArn": "a:filter/f"}, "a:filter/f"),
        ("DeleteFilter", {"filterArn": "a:filter/f"}, "a:filter/f"),
        ("CreateFilter", {"name": "f", "datasetGroupArn": "a:dataset-group/g"}, "filter/f"),
        ("GetRecommendations", {"filterArn": "a:filter/f", "campaignArn": "a:campaign/c"}, "a:campaign/c"),
        ("UpdateCampaign", {"campaignArn": "a:campaign/c", "solutionVersionArn": "a:solution/s/1"}, "a:campaign/c"),
        ("CreateBatchInferenceJob", {"jobName": "j", "solutionVersionArn": "a:solution/s/1"}, "batch-inference-job/j"),
        ("GetSolutionMetrics", {"solutionVersionArn": "a:solution/s/1"}, "a:solution/s/1"),
        ("ListFilters", {"datasetGroupArn": "a:dataset-group/g"}, "*"),
    ],
)
def test_permission_is_asked_for_what_the_request_is_about(serving, operation, request_, resource):
    found = serving.twins.get("personalize").resource(operation, request_)

    assert found.endswith(resource)
