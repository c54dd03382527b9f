"""Files that arrive: what makes a whole one."""

from io import BytesIO

import pytest
from apiflask import APIFlask

from chassis.errors import KaisenError
from gateway.uploads import read_csv


@pytest.mark.parametrize("missing", [0, 1])
def test_a_file_cut_off_on_its_way_is_refused(app: APIFlask, missing: int) -> None:
    body = b"record_id,sim_serial,used_at,bytes\nr1,AF0000000001,2026-03-01T09:00:00+09:00,123"
    with app.test_request_context(
        "/api/v1/staff/imports/usage",
        method="POST",
        input_stream=BytesIO(body),
        content_type="text/csv",
        environ_overrides={
            "CONTENT_LENGTH": str(len(body) + missing),
            "wsgi.input_terminated": True,  # as gunicorn has it, which says nothing of a short body
        },
    ):
        if not missing:
            assert read_csv() == body.decode()
            return
        with pytest.raises(KaisenError) as refusal:
            read_csv()
    assert (refusal.value.code, refusal.value.status) == ("upload.cut_off", 400)


@pytest.mark.parametrize(
    ("body", "encodings", "text"),
    [
        ("番号,1".encode("utf-8-sig"), (), "番号,1"),
        ("番号,1".encode("cp932"), ("cp932",), "番号,1"),
        ("番号,1".encode(), ("cp932",), "番号,1"),
        ("番号,1".encode("cp932"), (), None),
        ("番号,1".encode("utf-16"), ("cp932",), None),
        (b"\x81\xff", ("cp932",), None),
    ],
    ids=["byte order mark", "cp932", "utf-8 first", "cp932 unasked", "utf-16", "neither"],
)
def test_a_file_is_read_in_the_encodings_of_its_kind(
    app: APIFlask, body: bytes, encodings: tuple[str, ...], text: str | None
) -> None:
    with app.test_request_context("/", method="POST", data=body, content_type="text/csv"):
        if text is not None:
            assert read_csv(*encodings) == text
            return
        with pytest.raises(KaisenError) as refusal:
            read_csv(*encodings)
    assert refusal.value.code == "import.encoding"
