"""Postcodes of delivery addresses and the prefectures that they belong to."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from services.sim.postcodes import PREFECTURES, check_postcode

# The seat of each prefecture's government, in JIS order.
OFFICES = {
    "北海道": "060-8588",
    "青森県": "030-8570",
    "岩手県": "020-8570",
    "宮城県": "980-8570",
    "秋田県": "010-8570",
    "山形県": "990-8570",
    "福島県": "960-8670",
    "茨城県": "310-8555",
    "栃木県": "320-8501",
    "群馬県": "371-8570",
    "埼玉県": "330-9301",
    "千葉県": "260-8667",
    "東京都": "163-8001",
    "神奈川県": "231-8588",
    "新潟県": "950-8570",
    "富山県": "930-8501",
    "石川県": "920-8580",
    "福井県": "910-8580",
    "山梨県": "400-8501",
    "長野県": "380-8570",
    "岐阜県": "500-8570",
    "静岡県": "420-8601",
    "愛知県": "460-8501",
    "三重県": "514-8570",
    "滋賀県": "520-8577",
    "京都府": "602-8570",
    "大阪府": "540-8570",
    "兵庫県": "650-8567",
    "奈良県": "630-8501",
    "和歌山県": "640-8585",
    "鳥取県": "680-8570",
    "島根県": "690-8501",
    "岡山県": "700-8570",
    "広島県": "730-8511",
    "山口県": "753-8501",
    "徳島県": "770-8570",
    "香川県": "760-8570",
    "愛媛県": "790-8570",
    "高知県": "780-8570",
    "福岡県": "812-8577",
    "佐賀県": "840-8570",
    "長崎県": "850-8570",
    "熊本県": "862-8570",
    "大分県": "870-8501",
    "宮崎県": "880-8501",
    "鹿児島県": "890-8577",
    "沖縄県": "900-8570",
}


def refusal(postcode: str, prefecture: str) -> Invalid:
    with pytest.raises(Invalid) as refused:
        check_postcode(postcode, prefecture)
    return refused.value


def test_every_prefecture_has_its_government() -> None:
    assert tuple(OFFICES) == PREFECTURES
    for prefecture, postcode in OFFICES.items():
        assert check_postcode(postcode, prefecture) == postcode


@pytest.mark.parametrize("number", range(47), ids=lambda number: f"{number + 1:02}")
def test_a_postcode_is_refused_in_a_prefecture_far_away(number: int) -> None:
    far = PREFECTURES[(number + 23) % 47]
    refused = refusal(OFFICES[PREFECTURES[number]], far)
    assert refused.code == "postcode.prefecture"
    assert PREFECTURES[number] in refused.details["allowed"]


@pytest.mark.parametrize(
    ("postcode", "prefectures"),
    [
        ("520-0461", ["滋賀県", "京都府"]),
        ("811-5133", ["福岡県", "長崎県"]),
        ("498-0801", ["愛知県", "三重県"]),
        ("648-0305", ["奈良県", "和歌山県"]),
        ("618-0071", ["京都府", "大阪府"]),
        ("684-0211", ["鳥取県", "島根県"]),
    ],
)
def test_a_district_on_a_border_serves_both(postcode: str, prefectures: list[str]) -> None:
    assert [check_postcode(postcode, each) for each in prefectures] == [postcode] * len(prefectures)
    assert refusal(postcode, "沖縄県").details == {"allowed": prefectures}


def test_a_district_that_there_is_not_belongs_to_no_prefecture() -> None:
    assert refusal("000-0000", "東京都").details == {"allowed": None}
    assert refusal("100-0001", "東京").code == "postcode.prefecture"


@given(st.sampled_from(sorted(OFFICES)))
def test_the_hyphen_may_be_missing(prefecture: str) -> None:
    assert check_postcode(OFFICES[prefecture].replace("-", ""), prefecture) == OFFICES[prefecture]


@given(st.text(st.sampled_from("0123456789-ー０１ "), max_size=9))
def test_what_is_taken_keeps_its_digits(text: str) -> None:
    with suppress(Invalid):
        assert check_postcode(text, "東京都").replace("-", "") == text.replace("-", "")


@pytest.mark.parametrize(
    "postcode",
    [
        "",
        "100-000",
        "100-00011",
        "1000-001",
        "100--0001",
        "１００-０００１",
        "100ー0001",
        "〒100-0001",
        "100-0001\n",
        "１000001",
    ],
    ids=[
        "empty",
        "short",
        "long",
        "hyphen-late",
        "two-hyphens",
        "full-width",
        "long-vowel",
        "mark",
        "newline",
        "one",
    ],
)
def test_other_forms_are_refused(postcode: str) -> None:
    assert refusal(postcode, "東京都").code == "postcode.malformed"
