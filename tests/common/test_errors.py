"""The codes are contract."""

import pytest

from zchat_common.errors import Code, ZchatError

# contract.md, "Error codes".
CONTRACT = frozenset(
    [
        "name_in_use",
        "name_owned",
        "name_lookalike",
        "bad_name",
        "no_such_user",
        "not_yourself",
        "nobody_to_reply",
        "not_in_party",
        "already_in_party",
        "already_member",
        "already_invited",
        "no_invitation",
        "not_leader",
        "not_member",
        "empty_text",
        "too_long",
        "bad_text",
        "rate_limited",
        "unknown_command",
        "usage",
        "access_denied",
        "muted",
        "not_admin",
        "broker_key_changed",
        "broker_unreachable",
        "contact_key_changed",
        "cannot_open",
        "stream_forged",
        "history_changed",
        "malformed",
        "unknown_type",
        "no_session",
        "version",
        "storage_failed",
    ]
)
# They come with end-to-end encryption.
NOT_YET = frozenset({"contact_key_changed", "cannot_open", "stream_forged"})


def test_the_codes_are_those_of_the_contract() -> None:
    assert {code.value for code in Code} >= CONTRACT - NOT_YET
    assert {code.value for code in Code} <= CONTRACT


@pytest.mark.parametrize("code", Code)
def test_a_code_is_its_own_name_and_a_plain_string(code: Code) -> None:
    assert code.value == code.name.lower()
    assert f"{code}" == code == code.value


def test_an_error_carries_code_text_and_wait() -> None:
    error = ZchatError(Code.RATE_LIMITED, "Too much at once.", 1.5)
    assert (error.code, error.text, error.retry_after_s, str(error)) == (
        *(Code.RATE_LIMITED, "Too much at once.", 1.5),
        "Too much at once.",
    )
    assert ZchatError(Code.USAGE, "Usage: /r TEXT").retry_after_s is None
