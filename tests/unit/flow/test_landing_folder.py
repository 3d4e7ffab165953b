"""What `omni load` and `omni demo --landing` refuse before anything is uploaded."""

import pytest

from sandbox.errors import SandboxError
from sandbox.flow.load import files_in


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(SandboxError) as refused:
        files_in(tmp_path / "nowhere")

    assert "nowhere is not a folder" in str(refused.value)


def test_a_folder_without_orders_says_where_they_belong(tmp_path):
    (tmp_path / "consents").mkdir()
    (tmp_path / "consents" / "a.csv").write_text("consent_id\n")

    with pytest.raises(SandboxError) as refused:
        files_in(tmp_path)

    assert "has no sales/orders" in str(refused.value)
    assert "dms/sales/orders/" in str(refused.value)


def test_hidden_files_do_not_land_and_unknown_ones_do(tmp_path):
    for name in ("dms/sales/orders/LOAD00000001.csv", "gift-cards/a.csv", ".DS_Store", "dms/.tmp/x.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x\n")

    found = [path.relative_to(tmp_path).as_posix() for path in files_in(tmp_path)]

    assert found == ["dms/sales/orders/LOAD00000001.csv", "gift-cards/a.csv"]
