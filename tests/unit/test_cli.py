import pytest

from ecoredline.cli import our_name
from ecoredline.errors import InputError


@pytest.mark.parametrize(
    ("sender", "own"),
    [("四川省生态环境厅", "我厅"), ("盐边县生态环境局", "我局"), ("生态环境部办公厅", "我厅")],
)
def test_a_sender_speaks_in_its_own_name(sender, own):
    expected = "我部" if "生态环境部" in sender else own
    assert our_name({"sender": sender, "our_name": ""}) == expected


def test_a_sender_whose_name_does_not_tell_is_asked():
    with pytest.raises(InputError, match="--our-name"):
        our_name({"sender": "联合工作组", "our_name": ""})
    assert our_name({"sender": "联合工作组", "our_name": "我组"}) == "我组"
